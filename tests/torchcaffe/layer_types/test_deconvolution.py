import numpy as np
import pytest
import torch

from torchcaffe.errors import NetError


def layer(param, kind="Deconvolution", bottoms="x", tops="y"):
    io = "".join(f' bottom: "{b}"' for b in bottoms) + "".join(f' top: "{t}"' for t in tops)
    return (
        f'layer {{ name: "l" type: "{kind}" {io} convolution_param {{ {param} '
        'weight_filler { type: "gaussian" } bias_filler { type: "gaussian" } } }'
    )


BY_HAND = [
    # Windows side by side, then overlapping by one column; then with the left and right columns cut off by pad.
    ("stride: 2", [[1, 2, 10, 20], [3, 4, 30, 40]]),
    ("stride: 1", [[1, 12, 20], [3, 34, 40]]),
    ("stride: 2 pad_w: 1", [[2, 10], [4, 30]]),
]


@pytest.mark.parametrize(("param", "want"), BY_HAND, ids=[c[0] for c in BY_HAND])
def test_by_hand(param, want, build):
    """The filter 1 2 / 3 4 laid down at the pixels 1 and 10, and a bias of 100."""
    net = build(layer(f"num_output: 1 kernel_size: 2 {param}"), x=np.array([[[[1.0, 10]]]]))
    weight, bias = net.layer("l").blobs
    weight.data.copy_(torch.tensor([[[[1.0, 2], [3, 4]]]]))
    bias.data.fill_(100)
    net.forward()
    assert net.blob("y").data.tolist() == [[(100 + np.array(want)).tolist()]]


CASES = [
    "kernel_size: 3",
    "kernel_size: 3 stride: 2 pad: 1",
    "kernel_h: 3 kernel_w: 2 stride_h: 1 stride_w: 3 pad_h: 2 pad_w: 0",
    "kernel_size: 2 dilation: 2 pad: 1",
    "kernel_size: 2 group: 2",
    "kernel_size: 2 bias_term: false",
]


@pytest.mark.parametrize("param", CASES)
def test_gradients(param, build, check_gradients, draw):
    check_gradients(build(layer(f"num_output: 6 {param}"), x=draw(2, 4, 5, 3)), ["x"])


@pytest.mark.parametrize("param", CASES[:5])
def test_is_the_gradient_of_a_convolution(param, build, run_backward, draw):
    """With the same filters a Deconvolution's values are a Convolution's bottom gradients, and the reverse."""
    deconv = build(layer(f"num_output: 6 bias_term: false {param}"), x=draw(2, 4, 5, 3))
    deconv.forward()
    conv = build(layer(f"num_output: 4 bias_term: false {param}", "Convolution"), x=draw(*deconv.blob("y").shape))
    assert conv.blob("y").shape == (2, 4, 5, 3)
    assert conv.layer("l").blobs[0].shape == deconv.layer("l").blobs[0].shape
    conv.layer("l").blobs[0].data.copy_(deconv.layer("l").blobs[0].data)
    conv.forward()
    run_backward(conv, {"y": draw(2, 4, 5, 3)})
    torch.testing.assert_close(deconv.blob("y").data, conv.blob("x").diff)
    run_backward(deconv, {"y": draw(*deconv.blob("y").shape)})
    torch.testing.assert_close(deconv.blob("x").diff, conv.blob("y").data)
    torch.testing.assert_close(deconv.layer("l").blobs[0].diff, conv.layer("l").blobs[0].diff)


def test_several_bottoms_share_the_filters(build, check_gradients, draw):
    text = layer("num_output: 2 kernel_size: 2 stride: 3", bottoms="xz", tops="yu")
    check_gradients(build(text, x=draw(2, 3, 4, 5), z=draw(3, 2, 4, 5).reshape(2, 3, 4, 5)), ["x", "z"])


@pytest.mark.parametrize("shape", [(3, 2, 7), (2, 2, 3, 4, 5)], ids=["one axis", "three axes"])
def test_other_numbers_of_spatial_axes(shape, build, check_gradients, draw):
    net = build(layer("num_output: 3 kernel_size: 2 stride: 2"), x=draw(*shape))
    net.forward()
    assert net.blob("y").shape == (shape[0], 3, *(2 * size for size in shape[2:]))
    check_gradients(net, ["x"])


def test_bilinear_upsampling(build):
    """Its usual use: a frozen bilinear filter of kernel 2 f - f % 2, stride f, doubles a constant image in size."""
    text = (
        'layer { name: "l" type: "Deconvolution" bottom: "x" top: "y" param { lr_mult: 0 } convolution_param { '
        'num_output: 3 group: 3 kernel_size: 4 stride: 2 pad: 1 bias_term: false weight_filler { type: "bilinear" } } }'
    )
    net = build(text, x=np.ones((2, 3, 5, 4)))
    net.forward()
    assert net.blob("y").shape == (2, 3, 10, 8)
    np.testing.assert_allclose(net.blob("y").data[:, :, 1:-1, 1:-1].numpy(), 1, rtol=1e-12)


@pytest.mark.parametrize(
    ("param", "word"),
    [
        ("kernel_size: 2", "num_output of at least 1"),
        ("num_output: 6 kernel_size: 2 group: 3", "4 input channels cannot be divided into 3 groups"),
        ("num_output: 6 kernel_size: 2 group: 4", "6 num_output cannot be divided into 4 groups"),
        ("num_output: 6 kernel_size: 2 pad: 3", r"a top of size \(0, -2\)"),
        ("num_output: 6", "0 kernel sizes for 2"),
    ],
)
def test_refuses(param, word, build, draw):
    with pytest.raises(NetError, match=rf"layer 'l' \(Deconvolution\): .*{word}"):
        build(layer(param), x=draw(2, 4, 5, 3))
