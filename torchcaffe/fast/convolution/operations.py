"""A convolution by PyTorch's operations."""

from collections.abc import Sequence

import torch

from torchcaffe.layer_types.convolution import ConvolutionLayer


class OperationsConvolver:
    """See `Convolver`. For any layer with two spatial axes, anywhere."""

    def __init__(self, layer: ConvolutionLayer) -> None:
        g = layer.geometry
        self._window, self._group = (g.stride, g.pad, g.dilation), layer.group

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
        y = torch.conv2d(x, prepared, bias, *self._window, self._group)
        if addend is not None:
            y += addend
        return y.relu_() if relu else y

    def backward(
        self,
        d_y: torch.Tensor,
        x: torch.Tensor,
        weight: torch.Tensor,
        d_weight: torch.Tensor | None,
        d_bias: torch.Tensor | None,
        want_x: bool,
    ) -> torch.Tensor | None:
        wanted = [want_x, d_weight is not None, d_bias is not None]
        gradients: Sequence[torch.Tensor | None] = torch.ops.aten.convolution_backward(
            *(d_y, x, weight, weight.shape[:1]), *(*self._window, False, (0, 0), self._group, wanted)
        )
        for total, gradient in zip((d_weight, d_bias), gradients[1:], strict=True):
            if total is not None and gradient is not None:
                total.add_(gradient)
        return gradients[0]
