"""BatchNorm, Scale, a sum and ReLU as one function with two passes, which can be computed in several ways."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch

from torchcaffe.layers.batch_norm import BatchNormLayer
from torchcaffe.layers.scale import ScaleLayer


@dataclass(frozen=True)
class Settings:
    """The layers whose work is done together; without `relu` that of a ReLU is not part of it."""

    norm: BatchNormLayer
    scale: ScaleLayer
    relu: bool

    def affine(self) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Scale's s and b, as they are now."""
        blobs = self.scale.blobs
        return blobs[0].data, blobs[1].data if len(blobs) > 1 else None

    def statistics(self) -> list[torch.Tensor]:
        """BatchNorm's running sums of means, of variances and of ones, as they are now."""
        return [blob.data for blob in self.norm.blobs]


class Gradients(NamedTuple):
    """Those of x, of s, of b and of what was added."""

    x: torch.Tensor
    scale: torch.Tensor
    bias: torch.Tensor
    addend: torch.Tensor


class BatchNorm(Protocol):
    """y = relu(s (x - mean) / sqrt(var + eps) + b + a), with mean and var of the batch by channel.

    x, a and y are (N, C, H, W) with the channels innermost in memory, s and b (C). `forward` also moves the running
    statistics, as the BatchNorm layer does.
    """

    def forward(self, x: torch.Tensor, addend: torch.Tensor | None) -> torch.Tensor: ...

    def normalised(self) -> Callable[[], torch.Tensor]:
        """What computes what the last `forward` added `addend` to, also after later ones."""
        ...

    def backward(self, d_y: Sequence[torch.Tensor], overwrite: bool) -> Gradients:
        """From the gradient of y, the sum of `d_y`, of which the first may be overwritten if `overwrite` says so.

        To be called once after a `forward`.
        """
        ...
