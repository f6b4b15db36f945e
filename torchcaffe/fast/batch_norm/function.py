"""BatchNorm, Scale, a sum and ReLU as one function, forward and backward: the interface of its implementations."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch

from torchcaffe.layer_types.batch_norm import BatchNormLayer
from torchcaffe.layer_types.scale import ScaleLayer


@dataclass(frozen=True)
class Settings:
    """The layers that are computed together; `relu` says whether a ReLU is one of them."""

    norm: BatchNormLayer
    scale: ScaleLayer
    relu: bool

    def affine(self) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Scale's s and b, as they are now."""
        blobs = self.scale.blobs
        return blobs[0].data, blobs[1].data if len(blobs) > 1 else None

    def affine_diffs(self) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        """The diffs of s and b; None for one that does not exist or does not learn."""
        learns = zip(self.scale.blobs, self.scale.param_propagate_down, strict=True)
        scale, bias = [*(blob.diff if learn else None for blob, learn in learns), None][:2]
        return scale, bias

    def add_affine_diffs(self, d_scale: torch.Tensor, d_bias: torch.Tensor) -> None:
        """Adds to the diffs of s and b, if they exist and learn."""
        for total, gradient in zip(self.affine_diffs(), (d_scale, d_bias), strict=True):
            if total is not None:
                total.add_(gradient)

    def statistics(self) -> list[torch.Tensor]:
        """BatchNorm's running sums of means, of variances and of ones, as they are now."""
        return [blob.data for blob in self.norm.blobs]


class Gradients(NamedTuple):
    """The gradients of x and of the addend."""

    x: torch.Tensor
    addend: torch.Tensor


class BatchNorm(Protocol):
    """y = relu(s (x - mean) / sqrt(var + eps) + b + a), with mean and var of the batch by channel.

    x, a and y are (N, C, H, W) with the channels innermost in memory, s and b (C). `forward` also updates the running
    statistics, as the BatchNorm layer does.
    """

    def forward(self, x: torch.Tensor, addend: torch.Tensor | None) -> torch.Tensor: ...

    def normalised(self) -> Callable[[], torch.Tensor]:
        """A function that computes what the last `forward` added `addend` to; it stays valid after later ones."""
        ...

    def backward(self, d_y: Sequence[torch.Tensor], overwrite: bool) -> Gradients:
        """The gradients of x and of the addend, from the gradient of y: the sum of `d_y`.

        If `overwrite` is true, the first of `d_y` may be overwritten. The gradients of s and b are added to the diffs
        of Scale's params, if these learn. Call it once after each `forward`.
        """
        ...
