"""Convolutions by the kernels for GPUs against PyTorch's in float64."""

import pytest
import torch

from torchcaffe.fast import gpu
from torchcaffe.fast.convolution.choice import choose_convolver
from torchcaffe.fast.convolution.on_gpu import TritonConvolver
from torchcaffe.fast.convolution.operations import OperationsConvolver
from torchcaffe.fast.gpu.tiles import weight_parts
from torchcaffe.layer_types.convolution import ConvolutionLayer
from torchcaffe.layer_types.layer import Place
from torchcaffe.net import Net
from torchcaffe.precision import Precision
from torchcaffe.proto.text import parse_net

ROUNDING = 3e-7
# (N, inputs, height, width), outputs, stride: windows in one tile, odd sizes, several tiles of channels.
CASES = [
    ((2, 3, 8, 8), 16, 1),
    ((2, 1, 6, 6), 16, 1),
    ((2, 3, 8, 6), 20, 2),
    ((2, 16, 5, 6), 16, 2),
    ((3, 16, 7, 7), 16, 1),
    ((2, 32, 5, 4), 16, 1),
    ((2, 17, 6, 6), 20, 2),
    ((1, 36, 2, 2), 68, 1),
    ((1, 16, 2, 2), 64, 2),
]


def images(device: torch.device, *shape: int) -> torch.Tensor:
    return torch.randn(shape).contiguous(memory_format=torch.channels_last).to(device)


def assert_near(got: torch.Tensor, want: torch.Tensor, bound: float = ROUNDING) -> None:
    assert float((got.double() - want).norm() / want.norm()) <= bound


@pytest.mark.parametrize(("shape", "outputs", "stride"), CASES)
def test_forward(shape, outputs, stride, device):
    convolver = TritonConvolver(stride, Precision.FLOAT32)
    x, weight, bias = images(device, *shape), images(device, outputs, shape[1], 3, 3), torch.randn(outputs).to(device)
    want = torch.conv2d(x.double(), weight.double(), bias.double(), stride, 1)
    assert_near(convolver.forward(x, convolver.prepare(weight), bias), want)
    addend = images(device, *want.shape)
    got = convolver.forward(x, weight, bias, addend, relu=True)
    assert_near(got, (want + addend).relu())
    assert got.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(("shape", "outputs", "stride"), CASES)
def test_backward(shape, outputs, stride, device):
    convolver = TritonConvolver(stride, Precision.FLOAT32)
    x, weight = images(device, *shape), images(device, outputs, shape[1], 3, 3)
    d_y = images(device, *torch.conv2d(x, weight, None, stride, 1).shape)
    d_weight, d_bias = torch.ones_like(weight), torch.ones(outputs, device=device)
    d_x = convolver.backward(d_y, x, weight, d_weight, d_bias, True)
    wanted = torch.ops.aten.convolution_backward(
        *(d_y.double(), x.double(), weight.double(), [outputs], [stride] * 2, [1, 1], [1, 1]),
        *(False, [0, 0], 1, [True] * 3),
    )
    for got, want in zip((d_x, d_weight - 1, d_bias - 1), wanted, strict=True):  # Those of the params are added.
        assert_near(got, want)
    assert convolver.backward(d_y, x, weight, None, None, False) is None


def test_a_bias_gradient_of_bf16_is_summed_in_the_params_precision(device):
    convolver = TritonConvolver(1, Precision.BF16)
    d_y = images(device, 2, 16, 7, 7).bfloat16()
    d_bias = torch.ones(16, device=device)
    convolver.backward(d_y, images(device, 2, 16, 7, 7), images(device, 16, 16, 3, 3), None, d_bias, False)
    assert_near(d_bias - 1, d_y.double().sum((0, 2, 3)), 1e-6)


def test_an_empty_batch(device):
    convolver = TritonConvolver(1, Precision.FLOAT32)
    x, weight = images(device, 0, 16, 4, 4), images(device, 16, 16, 3, 3)
    y = convolver.forward(x, weight)
    d_weight = torch.ones_like(weight)
    assert y.shape == convolver.backward(y, x, weight, d_weight, None, True).shape == x.shape
    assert torch.equal(d_weight, torch.ones_like(weight))


def test_parts_of_a_wide_layers_gradient_take_little_memory():
    for channels in (16, 64, 512, 1024):
        parts = weight_parts(1 << 20, channels, channels)
        assert parts == 1 or parts * 9 * channels * channels <= 1 << 22


def test_nan_is_not_hidden(device):
    x, weight = images(device, 1, 16, 4, 4), images(device, 16, 16, 3, 3)
    x[0, 0, 2, 2] = float("nan")
    y = TritonConvolver(1, Precision.FLOAT32).forward(x, weight, relu=True)
    assert y[0, :, 1:, 1:].isnan().all()
    assert not y[0, :, 0].isnan().any()


def test_bf16(device):
    if device.type == "cpu":
        pytest.skip("Triton's interpreter cannot multiply matrices of bf16")
    convolver = TritonConvolver(1, Precision.BF16)
    x, weight = (images(device, *shape).bfloat16() for shape in ((2, 16, 6, 6), (16, 16, 3, 3)))
    d_weight = torch.zeros(16, 16, 3, 3, device=device).contiguous(memory_format=torch.channels_last)
    y = convolver.forward(x, weight)
    d_x = convolver.backward(y, x, weight, d_weight, None, True)
    assert y.dtype == d_x.dtype == torch.bfloat16
    want = torch.conv2d(x.double(), weight.double(), None, 1, 1)
    assert_near(y, want, 4e-3)
    arguments = (y.double(), x.double(), weight.double(), None, [1, 1], [1, 1], [1, 1], False, [0, 0], 1)
    want_x, want_weight, _ = torch.ops.aten.convolution_backward(*arguments, [True, True, False])
    assert_near(d_x, want_x, 4e-3)
    assert_near(d_weight, want_weight)


@pytest.mark.parametrize(
    ("window", "size", "chosen"),
    [
        ("kernel_size: 3 pad: 1", 5, True),
        ("kernel_size: 3 pad: 1 stride: 2", 6, True),
        ("kernel_size: 3 pad: 1 stride: 2", 5, True),
        ("kernel_size: 3", 6, False),
        ("kernel_size: 1", 6, False),
        ("kernel_size: 5 pad: 2", 6, False),
        ("kernel_size: 3 pad: 1 group: 2", 6, False),
        ("kernel_size: 3 pad: 2 dilation: 2", 6, False),
        ("kernel_size: 3 pad: 1 stride: 3", 6, False),
    ],
)
def test_where_it_is_chosen(window, size, chosen, device, monkeypatch):
    monkeypatch.setattr(gpu, "usable", lambda device: True)
    shape = f"input_param {{ shape {{ dim: 1 dim: 4 dim: {size} dim: {size} }} }}"
    parameters = f"convolution_param {{ num_output: 4 {window} }}"
    text = f"""
    layer {{ name: "x" type: "Input" top: "x" {shape} }}
    layer {{ name: "conv" type: "Convolution" bottom: "x" top: "y" {parameters} }}"""
    net = Net(parse_net(text, "windows"))
    layer = net.layer("conv")
    assert isinstance(layer, ConvolutionLayer)
    for dtype, possible in ((torch.float32, chosen), (torch.float64, False)):
        found = choose_convolver(layer, net.blob("x").shape, Place(device, dtype, None), dtype, frozen=False)
        assert isinstance(found, TritonConvolver if possible else OperationsConvolver)
