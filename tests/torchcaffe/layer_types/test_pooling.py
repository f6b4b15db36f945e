import itertools

import numpy as np
import pytest
import torch

from torchcaffe.errors import NetError

FLT_MAX = float(np.finfo(np.float32).max)


def layer(param, tops='top: "y"', bottom="x"):
    return f'layer {{ name: "l" type: "Pooling" bottom: "{bottom}" {tops} pooling_param {{ {param} }} }}'


def pool(x, method, kernel, stride, pad, size):
    """Caffe's definition, window by window; places of the largest values beside them."""
    n, c, height, width = x.shape
    y, place = np.zeros((n, c, *size)), np.full((n, c, *size), -1)
    for i, j, h, w in itertools.product(*map(range, (n, c, *size))):
        top, left = h * stride[0] - pad[0], w * stride[1] - pad[1]
        rows = [r for r in range(top, top + kernel[0]) if 0 <= r < height]
        columns = [k for k in range(left, left + kernel[1]) if 0 <= k < width]
        values = {r * width + k: x[i, j, r, k] for r in rows for k in columns}
        if method == "MAX":
            y[i, j, h, w] = max(values.values(), default=-FLT_MAX)
            place[i, j, h, w] = max(values, key=values.get, default=-1)
        else:
            below, right = min(top + kernel[0], height + pad[0]), min(left + kernel[1], width + pad[1])
            area = (below - top) * (right - left)
            y[i, j, h, w] = sum(values.values()) / area if area else np.nan
    return y, place


# prototxt, kernel, stride, pad, and the size that (2, 3, 7, 6) gives: ceil((7 + 2 pad - kernel) / stride) + 1, ...
CASES = {
    "2/2": ("kernel_size: 2 stride: 2", (2, 2), (2, 2), (0, 0), (4, 3)),  # 5 / 2 rounds up to 3
    "3/2": ("kernel_size: 3 stride: 2", (3, 3), (2, 2), (0, 0), (3, 3)),  # 3 / 2 rounds up to 2
    "3/1 padded": ("kernel_size: 3 pad: 1", (3, 3), (1, 1), (1, 1), (7, 6)),
    "3/2 padded": ("kernel_size: 3 stride: 2 pad: 1", (3, 3), (2, 2), (1, 1), (4, 4)),
    # (7 + 2 - 2) / 2 rounds up to 4: 5 windows, but the fifth would start at row 8 = 7 + 1.
    "2/2 padded": ("kernel_size: 2 stride: 2 pad: 1", (2, 2), (2, 2), (1, 1), (4, 4)),
    "wide pad": ("kernel_size: 3 stride: 3 pad: 2", (3, 3), (3, 3), (2, 2), (3, 3)),
    "oblong": (
        "kernel_h: 2 kernel_w: 4 stride_h: 3 stride_w: 1 pad_h: 0 pad_w: 2",
        (2, 4),
        (3, 1),
        (0, 2),
        (3, 7),
    ),
    "floor": ("kernel_size: 2 stride: 2 round_mode: FLOOR", (2, 2), (2, 2), (0, 0), (3, 3)),
    "gaps": ("kernel_size: 1 stride: 3", (1, 1), (3, 3), (0, 0), (3, 3)),
    "larger than the image": ("kernel_size: 8 stride: 9", (8, 8), (9, 9), (0, 0), (1, 1)),
    "global": ("global_pooling: true", (7, 6), (1, 1), (0, 0), (1, 1)),
}


@pytest.mark.parametrize("method", ["MAX", "AVE"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_follows_the_definition(method, case, build, check_gradients, draw):
    param, kernel, stride, pad, size = case
    net = build(layer(f"pool: {method} {param}"), x=draw(2, 3, 7, 6))
    net.forward()
    want, _ = pool(draw(2, 3, 7, 6), method, kernel, stride, pad, size)
    assert net.blob("y").shape == (2, 3, *size)
    empty = ~np.isfinite(want) | (want == -FLT_MAX)
    np.testing.assert_allclose(net.blob("y").data.numpy(), want, rtol=1e-12)
    if not empty.any():
        check_gradients(net, ["x"])


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_second_top_of_max_is_the_place(case, build, draw):
    param, *window = case
    net = build(layer(param, 'top: "y" top: "mask"'), x=draw(2, 3, 7, 6))
    net.forward()
    want, place = pool(draw(2, 3, 7, 6), "MAX", *window)
    np.testing.assert_array_equal(net.blob("mask").data.numpy(), place)
    np.testing.assert_array_equal(net.blob("y").data.numpy(), want)


def test_rounding_up_makes_17_of_32_with_an_empty_last_window(build, run_backward, draw):
    """Kernel 1 and stride 2 on 32: ceil(31 / 2) + 1 = 17 windows, of which the last starts at 32, beyond the image."""
    x = draw(1, 2, 32, 32)
    for method in ("MAX", "AVE"):
        net = build(layer(f"pool: {method} kernel_size: 1 stride: 2"), x=x)
        net.forward()
        y = net.blob("y").data.numpy()
        assert y.shape == (1, 2, 17, 17)
        np.testing.assert_array_equal(y[:, :, :16, :16], x[:, :, ::2, ::2])
        last = np.concatenate([y[:, :, 16].ravel(), y[:, :, :, 16].ravel()])
        assert np.isnan(last).all() if method == "AVE" else (last == -FLT_MAX).all()
        run_backward(net, {"y": np.ones((1, 2, 17, 17))})
        want = np.zeros_like(x)
        want[:, :, ::2, ::2] = 1
        np.testing.assert_array_equal(net.blob("x").diff.numpy(), want)


def test_average_divides_by_image_and_padding_by_hand(build):
    """3x3 windows, stride 2, pad 1 on ones of 4x4: 3 windows an axis (the third reaches rows 3..5).

    Row extents on image and padding (rows -1..4): 3, 3, 2; ones covered: 2, 3, 1. So 4/9, 6/9, 2/6 in the first row.
    """
    net = build(layer("pool: AVE kernel_size: 3 stride: 2 pad: 1"), x=np.ones((1, 1, 4, 4)))
    net.forward()
    want = np.outer([2, 3, 1], [2, 3, 1]) / np.outer([3, 3, 2], [3, 3, 2])
    np.testing.assert_allclose(net.blob("y").data[0, 0].numpy(), want, rtol=1e-15)


def test_max_gives_a_tie_to_the_first(build, run_backward):
    net = build(layer("kernel_size: 2"), x=np.array([[[[1.0, 5], [5, 5]]]]))
    net.forward()
    run_backward(net, {"y": [[[[3.0]]]]})
    assert net.blob("x").diff.tolist() == [[[[0, 3], [0, 0]]]]


def test_float32_values_are_those_of_the_image(build, draw):
    """Padding must not reach the top, however negative the image is."""
    net = build(layer("kernel_size: 3 pad: 1"), x=draw(2, 3, 5, 4) - 1e30, dtype=torch.float32)
    net.forward()
    assert (net.blob("y").data < -1e29).all()


@pytest.mark.parametrize(
    ("param", "word"),
    [
        ("", "give its window"),
        ("kernel_size: 2 kernel_h: 2 kernel_w: 2", "give its window"),
        ("kernel_h: 2", "give its window"),
        ("kernel_size: 0", "at least 1"),
        ("kernel_size: 2 stride: 0", "at least 1"),
        ("kernel_size: 2 stride: 1 stride_h: 1 stride_w: 1", "give its stride"),
        ("kernel_size: 2 pad_h: 1", "give its pad"),
        ("kernel_size: 2 pad: 2", "must be smaller"),
        ("kernel_size: 9", "larger than its padded bottom"),
        ("global_pooling: true kernel_size: 2", "whole image"),
        ("global_pooling: true stride: 2", "one window"),
        ("pool: STOCHASTIC kernel_size: 2", "STOCHASTIC is not offered"),
    ],
)
def test_refuses_what_cannot_be(param, word, build, draw):
    with pytest.raises(NetError, match=rf"layer 'l' \(Pooling\): .*{word}"):
        build(layer(param), x=draw(2, 3, 7, 6))


def test_refuses_a_mask_of_averages_and_a_bottom_of_three_axes(build, draw):
    with pytest.raises(NetError, match="only MAX has a second top"):
        build(layer("pool: AVE kernel_size: 2", 'top: "y" top: "m"'), x=draw(2, 3, 7, 6))
    with pytest.raises(NetError, match="must have 4 axes"):
        build(layer("kernel_size: 2"), x=draw(2, 3, 7))
