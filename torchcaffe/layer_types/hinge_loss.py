"""HingeLoss: one-against-all hinge loss, plain or squared."""

from collections.abc import Sequence

import torch

from torchcaffe.layer_types.layer import Blobs, LossLayer
from torchcaffe.layer_types.shared.labels import read_labels
from torchcaffe.proto import caffe_pb2


class HingeLossLayer(LossLayer):
    """The sum over all N x K scores of h = max(0, 1 - s x) (`norm: L1`) or h^2 (`L2`), over N.

    s is 1 for the score of the item's label and -1 for the others. The gradient is -s w / N where h > 0 (L1),
    or -2 s h w / N (L2), w the loss weight. Bottoms: scores (N, ...), labels of N values; top: a scalar.

    Raises:
        DataError: a label that is no class (on the CPU; see `shared.labels`).

    Source: Caffe 1.0, `src/caffe/layers/hinge_loss_layer.cpp`.
    """

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        super().reshape(bottoms, tops)
        if bottoms[1].count != bottoms[0].shape[0]:
            self.fail(f"{bottoms[1].count} labels for {bottoms[0].shape[0]} items: expected as many")

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        x = bottoms[0].data.flatten(1)
        label, counts = read_labels(self, bottoms[1].data, x, 1, None)
        self._sign = torch.full_like(x, -1).scatter(1, label, 1.0)
        self._h = (1 - self._sign * x).clamp(min=0) * counts
        h = self._h.square() if self._is_squared() else self._h
        tops[0].data = h.sum() / x.shape[0]

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if propagate_down[1]:
            self.fail("it cannot propagate a gradient to its labels")
        if propagate_down[0]:
            slope = 2 * self._h if self._is_squared() else self._h.sign()
            diff = -self._sign * slope * (tops[0].diff / self._h.shape[0])
            bottoms[0].diff = diff.view(bottoms[0].shape)

    def _is_squared(self) -> bool:
        return self.param.hinge_loss_param.norm == caffe_pb2.HingeLossParameter.L2
