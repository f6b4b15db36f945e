"""Winograd's convolution against the definition in float64, and for which layers it is taken."""

import pytest
import torch

from torchcaffe.fast.convolution.choice import choose_convolver
from torchcaffe.fast.convolution.operations import OperationsConvolver
from torchcaffe.fast.convolution.winograd import WinogradConvolver
from torchcaffe.layer_types.convolution import ConvolutionLayer
from torchcaffe.net import Net
from torchcaffe.proto.text import parse_net

# ||a - b|| / ||b||. In float32 with normal numbers 0.1e-6 to 0.3e-6 were seen with tiles of 2x2, as with a stride of 2,
# and 0.3e-6 to 0.9e-6 with tiles of 4x4; in gradients of weights 1.8e-6, for sums over that many pixels.
SMALL_TILES, LARGE_TILES, GRADIENTS = 5e-7, 2e-6, 4e-6
# Images, inputs, outputs, height, width: whole tiles; tiles that stick out; more than one strip; one image.
SHAPES = [(3, 16, 48, 8, 12), (2, 32, 16, 7, 9), (41, 16, 32, 13, 10), (1, 64, 16, 4, 3)]
STRIDE_1, STRIDE_2 = "kernel_size: 3 pad: 1", "kernel_size: 3 pad: 1 stride: 2"


def layer(n: int, inputs: int, outputs: int, height: int, width: int, window: str = STRIDE_1) -> Net:
    text = f"""
    layer {{ name: "x" type: "Input" top: "x"
      input_param {{ shape {{ dim: {n} dim: {inputs} dim: {height} dim: {width} }} }} }}
    layer {{ name: "conv" type: "Convolution" bottom: "x" top: "y"
      convolution_param {{ num_output: {outputs} {window} }} }}"""
    return Net(parse_net(text, "convolver"))


def chosen(net: Net, frozen: bool = False, dtype: torch.dtype = torch.float32) -> object:
    conv = net.layer("conv")
    assert isinstance(conv, ConvolutionLayer)
    return choose_convolver(conv, net.blob("x").shape, net.place, dtype, frozen)


def images(*shape: int, seed: int) -> torch.Tensor:
    values = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
    return values.contiguous(memory_format=torch.channels_last)


def assert_near(got: torch.Tensor | None, want: torch.Tensor, within: float) -> None:
    assert got is not None
    assert got.shape == want.shape
    assert (got.double() - want).norm() <= within * want.norm()


pytestmark = pytest.mark.usefixtures("library")


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("frozen", [True, False])
@pytest.mark.parametrize("stride", [1, 2])
def test_both_directions(shape: tuple[int, int, int, int, int], threads: int, frozen: bool, stride: int) -> None:
    n, inputs, outputs, height, width = shape
    net = layer(*shape, STRIDE_1 if stride == 1 else STRIDE_2)
    convolver = chosen(net, frozen)
    assert isinstance(convolver, WinogradConvolver)
    x, d_y = images(n, inputs, height, width, seed=1), images(*net.blob("y").shape, seed=2)
    weight, bias = images(outputs, inputs, 3, 3, seed=3).contiguous(), torch.linspace(-1, 1, outputs)
    exact_x, exact_weight = x.double().requires_grad_(), weight.double().requires_grad_()
    exact_bias = bias.double().requires_grad_()
    want = torch.conv2d(exact_x, exact_weight, exact_bias, stride, 1)
    want.backward(d_y.double())  # type: ignore[no-untyped-call]
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    got = convolver.forward(x, convolver.prepare(weight), bias)
    d_weight, d_bias = torch.ones_like(weight), torch.ones_like(bias)
    d_x = convolver.backward(d_y, x, weight, d_weight, d_bias, True)
    torch.set_num_threads(before)
    assert d_x is not None
    assert_near(got, want.detach(), LARGE_TILES if frozen and stride == 1 else SMALL_TILES)
    gradients = d_x, d_weight - 1, d_bias - 1  # Those of the params are added.
    for gradient, exact in zip(gradients, (exact_x, exact_weight, exact_bias), strict=True):
        assert exact.grad is not None
        assert_near(gradient, exact.grad, GRADIENTS)


@pytest.mark.parametrize("added", [True, False])
@pytest.mark.parametrize("relu", [True, False])
@pytest.mark.parametrize("frozen", [True, False])
@pytest.mark.parametrize("stride", [1, 2])
def test_what_follows_is_part_of_it(added: bool, relu: bool, frozen: bool, stride: int) -> None:
    net = layer(2, 16, 32, 7, 9, STRIDE_1 if stride == 1 else STRIDE_2)
    convolver = chosen(net, frozen)
    assert isinstance(convolver, WinogradConvolver)
    x, weight = images(2, 16, 7, 9, seed=1), images(32, 16, 3, 3, seed=2).contiguous()
    addend = images(*net.blob("y").shape, seed=3) if added else None
    got = convolver.forward(x, convolver.prepare(weight), None, addend, relu)
    want = torch.conv2d(x.double(), weight.double(), None, stride, 1)
    want = want + addend.double() if addend is not None else want
    assert_near(got, want.relu() if relu else want, LARGE_TILES if frozen and stride == 1 else SMALL_TILES)
    assert bool((got == 0).any()) == relu


def test_only_what_is_wanted_is_computed() -> None:
    convolver = chosen(layer(2, 16, 32, 7, 9))
    assert isinstance(convolver, WinogradConvolver)
    x, d_y, weight = images(2, 16, 7, 9, seed=1), images(2, 32, 7, 9, seed=2), torch.ones(32, 16, 3, 3)
    d_weight, d_bias = torch.zeros_like(weight), torch.zeros(32)
    assert convolver.backward(d_y, x, weight, d_weight, None, False) is None
    assert d_weight.any()
    d_weight.zero_()
    assert convolver.backward(d_y, x, weight, None, d_bias, True) is not None
    assert d_bias.any()
    assert not d_weight.any()


@pytest.mark.parametrize(
    ("shape", "window"),
    [
        ((2, 16, 32, 8, 8), "kernel_size: 3 pad: 1 stride: 3"),
        ((2, 16, 32, 8, 8), "kernel_size: 3 pad: 1 stride_h: 1 stride_w: 2"),
        ((2, 16, 32, 8, 8), "kernel_size: 3 stride: 2"),
        ((2, 16, 32, 2, 4), "kernel_size: 3 pad: 1 stride: 2"),  # A tile with 25 multiplications for 18.
        ((2, 16, 32, 8, 8), "kernel_size: 3"),
        ((2, 16, 32, 8, 8), "kernel_size: 1"),
        ((2, 16, 32, 8, 8), "kernel_size: 3 pad: 1 group: 2"),
        ((2, 16, 32, 8, 8), "kernel_size: 3 pad: 2 dilation: 2"),
        ((2, 3, 32, 8, 8), "kernel_size: 3 pad: 1"),
        ((2, 16, 10, 8, 8), "kernel_size: 3 pad: 1"),
        ((2, 16, 32, 1, 5), "kernel_size: 3 pad: 1"),  # Two tiles with 72 multiplications for 45.
    ],
)
def test_other_layers_take_pytorch_s_operation(shape: tuple[int, int, int, int, int], window: str) -> None:
    assert isinstance(chosen(layer(*shape, window)), OperationsConvolver)


def test_other_types_take_pytorch_s_operation() -> None:
    assert isinstance(chosen(layer(2, 16, 32, 8, 8), dtype=torch.float64), OperationsConvolver)


def test_it_has_a_device_of_its_own() -> None:
    """Whatever a program has made PyTorch's default."""
    convolver, x = chosen(layer(*SHAPES[0])), images(3, 16, 8, 12, seed=1)
    assert isinstance(convolver, WinogradConvolver)
    weight = images(48, 16, 3, 3, seed=3).contiguous()
    with torch.device("meta"):
        got = convolver.forward(x, convolver.prepare(weight))
    assert torch.equal(got, convolver.forward(x, convolver.prepare(weight)))
