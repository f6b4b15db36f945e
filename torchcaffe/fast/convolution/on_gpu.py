"""3x3 convolutions by kernels of this project's own for GPUs."""

from collections.abc import Sequence
from math import ceil

import torch

from torchcaffe import mode
from torchcaffe.fast import gpu
from torchcaffe.fast.gpu import tiles
from torchcaffe.fast.gpu.launch import launch
from torchcaffe.layer_types.convolution import ConvolutionLayer
from torchcaffe.layer_types.layer import Place
from torchcaffe.precision import Precision

_SUMMED = {"PARTS": 128, "BLOCK": 32, "num_warps": 4}
_CUDNN_CHANNELS = 64
"""From so many channels on, cuDNN is as fast in TF32 and bf16."""
_COPY_OUTPUTS = 64
"""From so many outputs on, the gradient of x is worth a copy of the weights with their outputs innermost, as it reads
them."""


class TritonConvolver:
    """See `Convolver`. For 3x3 windows with stride 1 or 2 and a border of 1, in float32 or bf16, on a GPU.

    The nets of the paper have so few channels that cuDNN's kernels for float32 take several times as long as the
    arithmetic and the memory traffic require. These kernels multiply with tensor cores: float32 as three products of
    TF32, which together round as float32 does, and TF32 as one.
    """

    def __init__(self, stride: int, precision: Precision) -> None:
        from torchcaffe.fast.gpu import convolution

        self._kernels = convolution
        self._stride = stride
        self._products = "tf32" if precision is Precision.TF32 else "tf32x3"  # As Triton calls them.

    @classmethod
    def choose(cls, layer: ConvolutionLayer, place: Place, dtype: torch.dtype) -> "TritonConvolver | None":
        """None if it does not suit the layer, is not faster than cuDNN there, or Triton is not installed."""
        if not gpu.usable(place.device) or dtype not in (torch.float32, torch.bfloat16) or layer.group != 1:
            return None
        g, precision = layer.geometry, mode.precision()
        if (g.kernel, g.pad, g.dilation) != ((3, 3), (1, 1), (1, 1)) or g.stride not in ((1, 1), (2, 2)):
            return None
        channels = layer.channels, layer.param.convolution_param.num_output
        if precision is not Precision.FLOAT32 and min(channels) >= _CUDNN_CHANNELS:
            return None
        return cls(g.stride[0], precision)

    def prepare(self, weight: torch.Tensor) -> torch.Tensor:
        return weight

    def forward(
        self,
        x: torch.Tensor,
        prepared: torch.Tensor,
        bias: torch.Tensor | None = None,
        addend: torch.Tensor | None = None,
        relu: bool = False,
    ) -> torch.Tensor:
        n, inputs, height, width = x.shape
        outputs = len(prepared)
        y = _images(x, n, outputs, (height - 1) // self._stride + 1, (width - 1) // self._stride + 1)
        if tiles.few(inputs) and addend is None:
            tile = tiles.multiply_few_tile(inputs, outputs)
            pixels = y.numel() // outputs
            launch(
                self._kernels.convolve_few,
                _grid((pixels, tile["PIXELS"]), (outputs, tile["MADE"])),
                *(x, prepared, bias, y, pixels, inputs, outputs, *_strides(prepared, (1, 0))),
                *(height, width, self._stride, relu, self._products),
                **tile,
            )
        else:
            self._multiply(x, prepared, y, (1, 0), self._stride, bias, addend, relu)
        return y

    def backward(
        self,
        d_y: torch.Tensor,
        x: torch.Tensor,
        weight: torch.Tensor,
        d_weight: torch.Tensor | None,
        d_bias: torch.Tensor | None,
        want_x: bool,
    ) -> torch.Tensor | None:
        if d_weight is not None:
            self._add_weight_gradient(d_y, x, d_weight)
        if d_bias is not None:
            d_bias.add_(d_y.sum((0, 2, 3), dtype=d_bias.dtype))
        return self._input_gradient(d_y, x, weight) if want_x else None

    def _multiply(
        self,
        x: torch.Tensor,
        weight: torch.Tensor,
        y: torch.Tensor,
        axes: tuple[int, int],
        stride: int,
        bias: torch.Tensor | None = None,
        addend: torch.Tensor | None = None,
        relu: bool = False,
    ) -> None:
        """Writes the convolution of x to y. `axes` are the weight's axes for the channels of x and of y; (0, 1) also
        turns the window, for a gradient."""
        made = y.shape[1]
        pixels = y.numel() // made
        tile = tiles.multiply_tile(pixels, x.shape[1], made)
        launch(
            self._kernels.convolve,
            _grid((pixels, tile["PIXELS"]), (made, tile["MADE"])),
            *(x, weight, bias, addend, y, pixels, x.shape[1], made, *_strides(weight, axes)),
            *(x.shape[2], x.shape[3], stride, axes == (0, 1), relu, self._products),
            **tile,
        )

    def _input_gradient(self, d_y: torch.Tensor, x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        n, inputs, height, width = x.shape
        outputs = len(weight)
        d_x = torch.empty_like(x)
        if outputs >= _COPY_OUTPUTS:
            weight = weight.transpose(0, 1).contiguous(memory_format=torch.channels_last).transpose(0, 1)
        if self._stride == 1:
            self._multiply(d_y, weight, d_x, (0, 1), 1)
            return d_x
        pixels = d_y.numel() // outputs
        tile = tiles.multiply_tile(pixels, outputs, inputs)
        launch(
            self._kernels.spread_gradient,
            _grid((pixels, tile["PIXELS"]), (inputs, tile["MADE"]), (4, 1)),
            *(d_y, weight, d_x, n, outputs, inputs, *_strides(weight, (0, 1)), height, width, self._products),
            **tile,
        )
        return d_x

    def _add_weight_gradient(self, d_y: torch.Tensor, x: torch.Tensor, d_weight: torch.Tensor) -> None:
        outputs, inputs = d_weight.shape[:2]
        pixels = d_y.numel() // outputs
        few = tiles.few(inputs)
        tile = (tiles.weight_few_tile if few else tiles.weight_tile)(outputs, inputs)
        share = tile["PIXELS"] * max(1, ceil(pixels / (tiles.weight_parts(pixels, outputs, inputs) * tile["PIXELS"])))
        count = max(1, ceil(pixels / share))
        parts = torch.empty(count, 9, outputs, inputs, device=x.device, dtype=torch.float32)
        args = (d_y, x, parts, pixels, outputs, inputs, share, x.shape[2], x.shape[3], self._stride, self._products)
        if few:
            programs = _grid((count, 1), (outputs, tile["OUTPUTS"]))
            launch(self._kernels.weight_gradient_parts_few, programs, *args, **tile)
        else:
            squares = ceil(outputs / tile["OUTPUTS"]) * ceil(inputs / tile["INPUTS"])
            launch(self._kernels.weight_gradient_parts, (count, 3, squares), *args, **tile)
        launch(
            self._kernels.add_parts,
            _grid((9 * outputs * inputs, _SUMMED["BLOCK"])),
            *(parts, d_weight, count, outputs, inputs, *_strides(d_weight, (0, 1))),
            **_SUMMED,
        )


def _grid(*sizes: tuple[int, int]) -> tuple[int, ...]:
    """The number of programs along each axis, from its (size, tile size)."""
    return tuple(ceil(size / tile) for size, tile in sizes)


def _strides(weight: torch.Tensor, axes: Sequence[int]) -> list[int]:
    return [weight.stride(axis) for axis in (*axes, 2, 3)]


def _images(like: torch.Tensor, *shape: int) -> torch.Tensor:
    return torch.empty(shape, dtype=like.dtype, device=like.device, memory_format=torch.channels_last)
