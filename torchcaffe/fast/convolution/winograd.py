"""3x3 convolutions by Winograd's minimal filtering, in compiled kernels."""

import ctypes
from math import ceil

import torch

from torchcaffe.blob import Shape
from torchcaffe.fast import kernels
from torchcaffe.layers.convolution import ConvolutionLayer
from torchcaffe.layers.layer import Place

# Images are cut into tiles of 2 x 2 or of 4 x 4 pixels.
_SMALL, _LARGE = 2, 4


class WinogradConvolver:
    """See `Convolver`. For 3x3 windows with stride 1 and a border of 1, multiples of 16 channels, float32, on a CPU.

    With tiles of 4 x 4 pixels it takes a quarter of the multiplications, and rounds two to three times as badly
    as the definition: frozen layers and gradients are computed so. What a gradient comes back to is computed with tiles
    of 2 x 2, by four ninths of the multiplications, and rounds as the definition does: where rounding turns the sign of
    what a ReLU reads, it changes the gradient by more than itself.

    Sums over images are taken by threads: the gradient of the weights rounds as their number is.
    """

    def __init__(self, inputs: int, outputs: int, frozen: bool, library: ctypes.CDLL) -> None:
        self._inputs, self._outputs, self._tile = inputs, outputs, _LARGE if frozen else _SMALL
        self._weights = library.torchcaffe_winograd_weights
        self._forward = library.torchcaffe_winograd_forward
        self._weight_gradient = library.torchcaffe_winograd_weight_gradient

    @classmethod
    def choose(
        cls, layer: ConvolutionLayer, shape: Shape, place: Place, dtype: torch.dtype, frozen: bool
    ) -> "WinogradConvolver | None":
        """None where it is not for this layer, or gains nothing on images of this shape."""
        if place.device.type != "cpu" or dtype != torch.float32 or layer.group != 1:
            return None
        g, outputs = layer.geometry, layer.param.convolution_param.num_output
        if (g.kernel, g.stride, g.pad, g.dilation) != ((3, 3), (1, 1), (1, 1), (1, 1)):
            return None
        height, width = shape[2:]
        if _points(_LARGE) * ceil(height / _LARGE) * ceil(width / _LARGE) > 9 * height * width:
            return None
        library = None if layer.channels % kernels.WIDTH or outputs % kernels.WIDTH else kernels.library()
        return None if library is None else cls(layer.channels, outputs, frozen, library)

    def prepare(self, weight: torch.Tensor) -> torch.Tensor:
        return self._transformed(weight, self._tile, turned=False)

    def forward(
        self,
        x: torch.Tensor,
        prepared: torch.Tensor,
        bias: torch.Tensor | None = None,
        addend: torch.Tensor | None = None,
        relu: bool = False,
    ) -> torch.Tensor:
        return self._convolve(self._tile, x, prepared, bias, addend, relu)

    def backward(
        self,
        d_y: torch.Tensor,
        x: torch.Tensor,
        weight: torch.Tensor,
        d_weight: torch.Tensor | None,
        d_bias: torch.Tensor | None,
        want_x: bool,
    ) -> torch.Tensor | None:
        d_x = self._convolve(_LARGE, d_y, self._transformed(weight, _LARGE, turned=True)) if want_x else None
        if d_weight is not None:
            n, _, height, width = x.shape
            sizes = (n, height, width, self._inputs, self._outputs)
            gradient = torch.empty_like(weight, memory_format=torch.contiguous_format)
            kernels.run(self._weight_gradient, *sizes, *map(kernels.address, (x, d_y, gradient)))
            d_weight.add_(gradient)
        if d_bias is not None:
            d_bias.add_(d_y.sum((0, 2, 3)))
        return d_x

    def _convolve(
        self,
        tile: int,
        x: torch.Tensor,
        points: torch.Tensor,
        bias: torch.Tensor | None = None,
        addend: torch.Tensor | None = None,
        relu: bool = False,
    ) -> torch.Tensor:
        n, inputs, height, width = x.shape
        outputs = points.shape[2]
        y = torch.empty((n, outputs, height, width), dtype=x.dtype, memory_format=torch.channels_last)
        sizes = (tile, n, height, width, inputs, outputs)
        kernels.run(self._forward, *sizes, *map(kernels.address, (x, points, bias, addend)), relu, y.data_ptr())
        return y

    def _transformed(self, weight: torch.Tensor, tile: int, turned: bool) -> torch.Tensor:
        """The weights' points, (P, inputs, outputs); turned, those for the gradient of x, (P, outputs, inputs)."""
        ends = (self._outputs, self._inputs) if turned else (self._inputs, self._outputs)
        points = weight.new_empty(_points(tile), *ends)
        packed = weight.contiguous()
        kernels.run(self._weights, tile, self._outputs, self._inputs, packed.data_ptr(), turned, points.data_ptr())
        return points


def _points(tile: int) -> int:
    """The multiplications that a tile takes, for each pair of channels."""
    return (tile + 2) ** 2
