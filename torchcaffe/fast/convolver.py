"""A convolution as functions, which can be computed in several ways, and which of them suits a place."""

from collections.abc import Sequence
from typing import Protocol

import torch

from torchcaffe.blob import Shape
from torchcaffe.fast.convolver_operations import OperationsConvolver
from torchcaffe.fast.convolver_winograd import WinogradConvolver
from torchcaffe.layers.convolution import ConvolutionLayer
from torchcaffe.layers.layer import Place


class Convolver(Protocol):
    """y = relu(conv(x; w) + b + a), of which b, a and the ReLU may each be missing.

    x, a and y are (N, C, H, W) with the channels innermost in memory, w is (O, I, kernel height, kernel width), b (O).
    """

    def prepare(self, weight: torch.Tensor) -> torch.Tensor:
        """w as `forward` takes it; it can be kept as long as w is the same."""
        ...

    def forward(
        self,
        x: torch.Tensor,
        prepared: torch.Tensor,
        bias: torch.Tensor | None = None,
        addend: torch.Tensor | None = None,
        relu: bool = False,
    ) -> torch.Tensor: ...

    def backward(
        self, d_y: torch.Tensor, x: torch.Tensor, weight: torch.Tensor, wanted: Sequence[bool]
    ) -> Sequence[torch.Tensor | None]:
        """The gradients of x, of w and of b from that of conv(x; w) + b; None for those that are not wanted."""
        ...


def choose_convolver(
    layer: ConvolutionLayer, shape: Shape, place: Place, dtype: torch.dtype, frozen: bool
) -> Convolver:
    """For bottoms of about this shape, and factors of this type; `frozen` says that no gradient comes back."""
    winograd = WinogradConvolver.choose(layer, shape, place, dtype, frozen)
    return OperationsConvolver(layer) if winograd is None else winograd
