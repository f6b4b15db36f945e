"""ContrastiveLoss: draws like pairs together and pushes unlike pairs apart."""

from collections.abc import Sequence
from math import prod

import torch

from torchcaffe.layer_types.layer import Blobs, LossLayer

_TINY_DISTANCE = 1e-4  # Added to the distance that Caffe's gradient divides by.


class ContrastiveLossLayer(LossLayer):
    """The sum over the N pairs of their losses, over 2 N.

    With d = ||a - b|| a pair's loss is d^2 if its label (cut off to an integer) is not 0, else
    max(margin - d, 0)^2, or with `legacy_version` max(margin - d^2, 0). The gradient of a is
    w / N (a - b) for like pairs; for unlike pairs within the margin -w / N (margin - d) / (d + 1e-4) (a - b),
    or -w / N (a - b) with `legacy_version`; b's is its opposite. w is the loss weight.
    Bottoms: a and b of (N, C, 1, 1) or (N, C), labels of N values. Top: a scalar.
    Source: Caffe 1.0, `src/caffe/layers/contrastive_loss_layer.cpp`; Hadsell et al. 2006.
    """

    exact_bottoms = 3

    def allows_force_backward(self, bottom_index: int) -> bool:
        return bottom_index != 2  # The labels.

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        super().reshape(bottoms, tops)
        a, b, labels = (blob.shape for blob in bottoms)
        channels = a[1] if len(a) > 1 else 1
        if prod(a) != a[0] * channels or prod(b) != a[0] * channels:
            self.fail(f"its bottoms have shapes {a} and {b}: it compares vectors, N x C and N x C (x 1 x 1)")
        if labels[0] != a[0] or prod(labels) != a[0]:
            self.fail(f"its labels have shape {labels}: it needs one for each of the {a[0]} pairs")

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        param = self.param.contrastive_loss_param
        n = bottoms[0].shape[0]
        self._gap = bottoms[0].data.view(n, -1) - bottoms[1].data.view(n, -1)
        self._like = bottoms[2].data.view(n).trunc() != 0
        squared = self._gap.square().sum(1)
        if param.legacy_version:
            self._room = param.margin - squared
            unlike_loss, self._pull = self._room.clamp(min=0), torch.ones_like(squared)
        else:
            distance = squared.sqrt()
            self._room = param.margin - distance
            unlike_loss = self._room.clamp(min=0).square()
            self._pull = self._room / (distance + _TINY_DISTANCE)
        tops[0].data = torch.where(self._like, squared, unlike_loss).sum() / (2 * n)

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        n = bottoms[0].shape[0]
        unlike_factor = torch.where(self._room > 0, -self._pull, 0.0)
        factor = torch.where(self._like, 1.0, unlike_factor)
        diff = factor.view(n, 1) * self._gap * (tops[0].diff / n)
        for i, sign in enumerate((1, -1)):
            if propagate_down[i]:
                bottoms[i].diff = (sign * diff).view(bottoms[i].shape)
