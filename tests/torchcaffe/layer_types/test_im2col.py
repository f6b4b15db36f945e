import itertools

import numpy as np
import pytest

from torchcaffe.errors import NetError


def layer(param):
    return f'layer {{ name: "l" type: "Im2col" bottom: "x" top: "y" convolution_param {{ {param} }} }}'


def columns(x, kernel, stride, pad, dilation):
    """The definition, value by value, for any number of spatial axes."""
    n, channels, *size = x.shape
    out = [
        (s + 2 * p - d * (k - 1) - 1) // t + 1
        for s, k, t, p, d in zip(size, kernel, stride, pad, dilation, strict=True)
    ]
    places = list(itertools.product(*map(range, kernel)))
    y = np.zeros((n, channels * len(places), *out))
    for i, c, (j, place), *at in itertools.product(range(n), range(channels), enumerate(places), *map(range, out)):
        pixel = [a * t + k * d - p for a, k, t, p, d in zip(at, place, stride, pad, dilation, strict=True)]
        if all(0 <= q < s for q, s in zip(pixel, size, strict=True)):
            y[(i, c * len(places) + j, *at)] = x[(i, c, *pixel)]
    return y


def test_by_hand(build, run_backward):
    """A 1 x 2 window on rows 1 2 3 and 4 5 6: its left pixels, then its right ones."""
    net = build(layer("kernel_h: 1 kernel_w: 2"), x=np.array([[[[1.0, 2, 3], [4, 5, 6]]]]))
    net.forward()
    assert net.blob("y").data.tolist() == [[[[1, 2], [4, 5]], [[2, 3], [5, 6]]]]
    run_backward(net, {"y": [[[[1.0, 2], [4, 8]], [[16, 32], [64, 128]]]]})
    assert net.blob("x").diff.tolist() == [[[[1, 18, 32], [4, 72, 128]]]]


CASES = [
    ("kernel_size: 3", (3, 3), (1, 1), (0, 0), (1, 1)),
    ("kernel_size: 3 pad: 1 stride: 2", (3, 3), (2, 2), (1, 1), (1, 1)),
    ("kernel_h: 3 kernel_w: 2 stride_h: 1 stride_w: 3 pad_h: 2 pad_w: 1", (3, 2), (1, 3), (2, 1), (1, 1)),
    ("kernel_size: 2 dilation: 2 dilation: 3", (2, 2), (1, 1), (0, 0), (2, 3)),
]


@pytest.mark.parametrize(("param", "kernel", "stride", "pad", "dilation"), CASES, ids=[c[0] for c in CASES])
def test_follows_the_definition(param, kernel, stride, pad, dilation, build, check_gradients, draw):
    x = draw(2, 3, 5, 6)
    net = build(layer(param), x=x)
    net.forward()
    assert (net.blob("y").data.numpy() == columns(x, kernel, stride, pad, dilation)).all()
    check_gradients(net, ["x"])


@pytest.mark.parametrize("shape", [(3, 2, 7), (2, 2, 3, 4, 5)], ids=["one axis", "three axes"])
def test_other_numbers_of_spatial_axes(shape, build, check_gradients, draw):
    x, rank = draw(*shape), len(shape) - 2
    net = build(layer("kernel_size: 2 stride: 2 pad: 1"), x=x)
    net.forward()
    assert (net.blob("y").data.numpy() == columns(x, [2] * rank, [2] * rank, [1] * rank, [1] * rank)).all()
    check_gradients(net, ["x"])


def test_axis_takes_the_axes_before_it_as_items(build, draw):
    x = draw(2, 3, 4, 5)
    net = build(layer("kernel_size: 2 axis: 2"), x=x)
    net.forward()
    want = columns(x.reshape(6, 4, 5), [2], [1], [0], [1])
    assert (net.blob("y").data.numpy() == want.reshape(2, 3, 8, 4)).all()


def test_a_convolution_is_a_product_with_the_columns(build, draw):
    param = 'kernel_size: 3 stride: 2 pad: 1 num_output: 4 bias_term: false weight_filler { type: "gaussian" }'
    conv = layer(param).replace("Im2col", "Convolution")
    net = build(conv, x=draw(2, 3, 5, 6))
    im2col = build(layer(param), x=draw(2, 3, 5, 6))
    net.forward()
    im2col.forward()
    weight = net.layer("l").blobs[0].data.view(4, 27).numpy()
    want = np.einsum("ok,nkhw->nohw", weight, im2col.blob("y").data.numpy())
    np.testing.assert_allclose(net.blob("y").data.numpy(), want, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize(
    ("param", "word"),
    [
        ("", "0 kernel sizes for 2"),
        ("kernel_size: 0", "at least 1"),
        ("kernel_size: 2 stride: 0", "at least 1"),
        ("kernel_size: 6", "its window is larger than its padded bottom"),
        ("kernel_size: 2 axis: 3", "leaves 0 after the channel axis"),
    ],
)
def test_refuses(param, word, build, draw):
    with pytest.raises(NetError, match=rf"layer 'l' \(Im2col\): .*{word}"):
        build(layer(param), x=draw(2, 3, 5, 6))
