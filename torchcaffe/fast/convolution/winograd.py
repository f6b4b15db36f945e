"""3x3 convolutions by Winograd's minimal filtering, in compiled kernels."""

import ctypes
from enum import IntEnum
from math import ceil, prod

import torch

from torchcaffe.blob import Shape
from torchcaffe.fast import kernels
from torchcaffe.layer_types.convolution import ConvolutionLayer
from torchcaffe.layer_types.layer import Place


class Filter(IntEnum):
    """The filterings, by their numbers in the kernels; each computes output tiles of `tile` x `tile` pixels."""

    SMALL = 0
    LARGE = 1
    STRIDED = 2
    STRIDED_BACK = 3

    @property
    def tile(self) -> int:
        return (2, 4, 2, 4)[self]

    @property
    def products(self) -> int:
        """Multiplications per tile and pair of channels."""
        return (16, 36, 25, 25)[self]


class WinogradConvolver:
    """See `Convolver`. For 3x3 windows with a border of 1 and a stride of 1 or 2, multiples of 16 channels, float32, on
    a CPU.

    Frozen layers and gradients of stride 1 use tiles of 4 x 4 pixels: a quarter of the multiplications of the
    definition, and two to three times its rounding error. A forward pass that a backward pass follows uses tiles of
    2 x 2: four ninths of the multiplications, and the definition's rounding error. (An error that turns the sign of a
    ReLU's input would change the gradient by more than itself.) Stride 2 takes 25 multiplications instead of 36, with
    the definition's rounding error.

    Each thread sums over some of the images, so the rounding of the weights' gradient depends on the number of threads.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, frozen: bool, library: ctypes.CDLL) -> None:
        self._inputs, self._outputs, self._stride = inputs, outputs, stride
        if stride == 1:
            self._filter, self._back = Filter.LARGE if frozen else Filter.SMALL, Filter.LARGE
            self._of_weights = Filter.LARGE
        else:
            self._filter, self._back = Filter.STRIDED, Filter.STRIDED_BACK
            self._of_weights = Filter.STRIDED
        self._weights = library.torchcaffe_winograd_weights
        self._forward = library.torchcaffe_winograd_forward
        self._weight_gradient = library.torchcaffe_winograd_weight_gradient

    @classmethod
    def choose(
        cls, layer: ConvolutionLayer, shape: Shape, place: Place, dtype: torch.dtype, frozen: bool
    ) -> "WinogradConvolver | None":
        """None if it does not suit the layer, or gains nothing on images of this shape."""
        if place.device.type != "cpu" or dtype != torch.float32 or layer.group != 1:
            return None
        g, outputs = layer.geometry, layer.param.convolution_param.num_output
        if (g.kernel, g.pad, g.dilation) != ((3, 3), (1, 1), (1, 1)) or g.stride not in ((1, 1), (2, 2)):
            return None
        stride = g.stride[0]
        size = [ceil(length / stride) for length in shape[2:]]
        filter_ = Filter.LARGE if stride == 1 else Filter.STRIDED
        if filter_.products * prod(ceil(length / filter_.tile) for length in size) > 9 * prod(size):
            return None
        library = None if layer.channels % kernels.WIDTH or outputs % kernels.WIDTH else kernels.library()
        return None if library is None else cls(layer.channels, outputs, stride, frozen, library)

    def prepare(self, weight: torch.Tensor) -> torch.Tensor:
        return self._transformed(weight, self._filter, turned=False)

    def forward(
        self,
        x: torch.Tensor,
        prepared: torch.Tensor,
        bias: torch.Tensor | None = None,
        addend: torch.Tensor | None = None,
        relu: bool = False,
    ) -> torch.Tensor:
        n, _, height, width = x.shape
        y = _empty(n, self._outputs, ceil(height / self._stride), ceil(width / self._stride))
        return self._convolve(self._filter, x, prepared, y, bias, addend, relu)

    def backward(
        self,
        d_y: torch.Tensor,
        x: torch.Tensor,
        weight: torch.Tensor,
        d_weight: torch.Tensor | None,
        d_bias: torch.Tensor | None,
        want_x: bool,
    ) -> torch.Tensor | None:
        d_x = None
        if want_x:
            turned = self._transformed(weight, self._back, turned=True)
            d_x = self._convolve(self._back, d_y, turned, _empty(*x.shape))
        if d_weight is not None:
            gradient = torch.empty_like(weight, memory_format=torch.contiguous_format)
            arrays = map(kernels.address, (x, d_y, gradient))
            kernels.run(self._weight_gradient, self._of_weights, *_sizes(x, d_y), *arrays)
            d_weight.add_(gradient)
        if d_bias is not None:
            d_bias.add_(d_y.sum((0, 2, 3)))
        return d_x

    def _convolve(
        self,
        by: Filter,
        x: torch.Tensor,
        points: torch.Tensor,
        y: torch.Tensor,
        bias: torch.Tensor | None = None,
        addend: torch.Tensor | None = None,
        relu: bool = False,
    ) -> torch.Tensor:
        arrays = map(kernels.address, (x, points, bias, addend))
        kernels.run(self._forward, by, *_sizes(x, y), *arrays, relu, y.data_ptr())
        return y

    def _transformed(self, weight: torch.Tensor, by: Filter, turned: bool) -> torch.Tensor:
        """The weights' points, (P, inputs, outputs); if `turned`, those for the gradient of x, (P, outputs, inputs)."""
        ends = (self._outputs, self._inputs) if turned else (self._inputs, self._outputs)
        points = weight.new_empty(by.products, *ends)
        packed = weight.contiguous()
        kernels.run(self._weights, by, self._outputs, self._inputs, packed.data_ptr(), turned, points.data_ptr())
        return points


def _empty(*shape: int) -> torch.Tensor:
    return torch.empty(shape, dtype=torch.float32, device="cpu", memory_format=torch.channels_last)


def _sizes(x: torch.Tensor, y: torch.Tensor) -> tuple[int, ...]:
    """The number of images, then height, width and channels of x and of y."""
    (n, inputs, *x_size), (_, outputs, *y_size) = x.shape, y.shape
    return n, *x_size, inputs, *y_size, outputs
