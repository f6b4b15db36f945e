import itertools
import re

import numpy as np
import pytest
import torch

from torchcaffe.errors import NetError


def convolve(x, w, b, stride, pad, dilation, group):
    """The definition, value by value."""
    n, _, *size = x.shape
    num, per_group, *kernel = w.shape
    window = zip(size, pad, dilation, kernel, stride, strict=True)
    out = [(s + 2 * p - d * (k - 1) - 1) // t + 1 for s, p, d, k, t in window]
    y = np.zeros((n, num, *out))
    for i, o, *at in itertools.product(range(n), range(num), *map(range, out)):
        total = b[o]
        first = o // (num // group) * per_group
        for c, *k in itertools.product(range(per_group), *map(range, kernel)):
            place = [a * t + kk * d - p for a, t, kk, d, p in zip(at, stride, k, dilation, pad, strict=True)]
            if all(0 <= q < s for q, s in zip(place, size, strict=True)):
                total += w[(o, c, *k)] * x[(i, first + c, *place)]
        y[(i, o, *at)] = total
    return y


CASES = {
    "plain": ("kernel_size: 3", (1, 1), (0, 0), (1, 1), 1),
    "padded": ("kernel_size: 3 pad: 1 stride: 2", (2, 2), (1, 1), (1, 1), 1),
    "oblong": ("kernel_h: 3 kernel_w: 2 stride_h: 1 stride_w: 3 pad_h: 2 pad_w: 1", (1, 3), (2, 1), (1, 1), 1),
    "by axis": ("kernel_size: 3 kernel_size: 2 stride: 2 stride: 1 pad: 0 pad: 1", (2, 1), (0, 1), (1, 1), 1),
    "dilated": ("kernel_size: 2 dilation: 2 pad: 1", (1, 1), (1, 1), (2, 2), 1),
    "grouped": ("kernel_size: 2 group: 2", (1, 1), (0, 0), (1, 1), 2),
}


def layer(param, more="", bottoms='bottom: "x"', tops='top: "y"'):
    return (
        f'layer {{ name: "conv" type: "Convolution" {bottoms} {tops} {more} convolution_param {{ num_output: 6 '
        f'{param} weight_filler {{ type: "gaussian" std: 0.5 }} bias_filler {{ type: "gaussian" std: 0.5 }} }} }}'
    )


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_follows_the_definition(case, build, check_gradients, draw):
    text, stride, pad, dilation, group = case
    net = build(layer(text), x=draw(2, 4, 5, 7))
    net.forward()
    w, b = (blob.data.numpy() for blob in net.layer("conv").blobs)
    want = convolve(draw(2, 4, 5, 7), w, b, stride, pad, dilation, group)
    np.testing.assert_allclose(net.blob("y").data.numpy(), want, rtol=1e-12, atol=1e-13)
    check_gradients(net, ["x"])


@pytest.mark.parametrize("shape", [(3, 2, 7), (2, 2, 3, 4, 5)], ids=["one axis", "three axes"])
def test_other_numbers_of_spatial_axes(shape, build, check_gradients, draw):
    net = build(layer("kernel_size: 2 pad: 1 stride: 2"), x=draw(*shape))
    net.forward()
    w, b = (blob.data.numpy() for blob in net.layer("conv").blobs)
    rank = len(shape) - 2
    want = convolve(draw(*shape), w, b, (2,) * rank, (1,) * rank, (1,) * rank, 1)
    np.testing.assert_allclose(net.blob("y").data.numpy(), want, rtol=1e-12, atol=1e-13)
    check_gradients(net, ["x"])


def test_axis_takes_the_axes_before_it_as_items(build, check_gradients, draw):
    """(2, 3) items of one channel axis of 4: the same as 6 items."""
    net = build(layer("kernel_size: 2 axis: 2"), x=draw(2, 3, 4, 5))
    net.forward()
    assert net.blob("y").shape == (2, 3, 6, 4)
    w, b = (blob.data.numpy() for blob in net.layer("conv").blobs)
    want = convolve(draw(2, 3, 4, 5).reshape(6, 4, 5), w, b, (1,), (0,), (1,), 1)
    np.testing.assert_allclose(net.blob("y").data.numpy().reshape(6, 6, 4), want, rtol=1e-12, atol=1e-13)
    check_gradients(net, ["x"])


def test_a_value_by_hand(build):
    """One 2x2 filter 1 2 / 3 4 and bias 10 on 1 0 2 / 0 1 0: 10 + 1 + 4 = 15 and 10 + 4 + 3 = 17."""
    text = layer("kernel_size: 2").replace("num_output: 6", "num_output: 1")
    net = build(text, x=np.array([[[[1.0, 0, 2], [0, 1, 0]]]]))
    net.layer("conv").blobs[0].data.copy_(torch.tensor([[[[1.0, 2], [3, 4]]]]))
    net.layer("conv").blobs[1].data.fill_(10)
    net.forward()
    assert net.blob("y").data.tolist() == [[[[15.0, 17.0]]]]


def test_several_bottoms_share_the_filters(build, check_gradients, draw):
    text = layer("kernel_size: 2", bottoms='bottom: "x" bottom: "z"', tops='top: "y" top: "u"')
    net = build(text, x=draw(2, 3, 4, 5), z=draw(3, 2, 4, 5).reshape(2, 3, 4, 5))
    net.forward()
    w, b = (blob.data.numpy() for blob in net.layer("conv").blobs)
    for bottom, top in ("xy", "zu"):
        want = convolve(net.blob(bottom).data.numpy(), w, b, (1, 1), (0, 0), (1, 1), 1)
        np.testing.assert_allclose(net.blob(top).data.numpy(), want, rtol=1e-12, atol=1e-13)
    check_gradients(net, ["x", "z"])


def test_zero_padded_shortcut_is_exact_subsampling(build, draw):
    """He et al.'s option A in stock layers: a grouped 1x1 filter of ones at stride 2 is x[:, :, ::2, ::2]."""
    text = (
        'layer { name: "conv" type: "Convolution" bottom: "x" top: "y" convolution_param { num_output: 4 group: 4 '
        'kernel_size: 1 stride: 2 bias_term: false weight_filler { type: "constant" value: 1 } } }'
    )
    net = build(text, x=draw(2, 4, 6, 8), dtype=torch.float32)
    net.forward()
    assert len(net.layer("conv").blobs) == 1
    assert torch.equal(net.blob("y").data, net.blob("x").data[:, :, ::2, ::2])


def test_backward_adds_to_what_params_diffs_hold(build, run_backward, draw):
    net = build(layer("kernel_size: 2"), x=draw(2, 3, 4, 5))
    net.forward()
    run_backward(net, {"y": draw(2, 6, 3, 4)})
    once = [blob.diff.clone() for blob in net.layer("conv").blobs]
    net.backward()
    for blob, diff in zip(net.layer("conv").blobs, once, strict=True):
        torch.testing.assert_close(blob.diff, 2 * diff)


def test_frozen_params_and_unwanted_bottoms_get_nothing(build, run_backward, draw):
    """Weights learn, the bias is frozen, and the input carries no gradient."""
    text = layer("kernel_size: 2", "param { } param { lr_mult: 0 }") + (
        ' layer { name: "sum" type: "Reduction" bottom: "y" top: "s" loss_weight: 1 }'
    )
    net = build(text, x=draw(2, 3, 4, 5), force_backward=False)
    net.forward()
    run_backward(net, {})
    weights, bias = net.layer("conv").blobs
    assert weights.diff.abs().min() > 0
    assert not bias.diff.any()
    assert not net.blob("x").diff.any()


@pytest.mark.parametrize(
    ("param", "word"),
    [
        ("", "0 kernel sizes for 2"),
        ("kernel_size: 0", "at least 1"),
        ("kernel_size: 2 kernel_size: 2 kernel_size: 2", "3 kernel sizes for 2"),
        ("kernel_size: 2 kernel_h: 2 kernel_w: 2", "give its kernel once"),
        ("kernel_size: 2 stride: 0", "at least 1"),
        ("kernel_size: 2 group: 3", "4 input channels cannot be divided into 3 groups"),
        ("kernel_size: 2 group: 4", "6 num_output cannot be divided into 4 groups"),
        ("kernel_size: 9", "a top of size (-3, -1)"),
        ("kernel_size: 2 axis: 3", "leaves 0 after the channel axis"),
        ("kernel_size: 2 axis: 7", "axis 7"),
    ],
)
def test_refuses_what_cannot_be(param, word, build, draw):
    with pytest.raises(NetError, match=re.escape(word)) as caught:
        build(layer(param), x=draw(2, 4, 5, 7))
    assert "layer 'conv' (Convolution)" in str(caught.value)
