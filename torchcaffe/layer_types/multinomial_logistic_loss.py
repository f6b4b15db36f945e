"""MultinomialLogisticLoss: the negative logarithm of the probability that is given to the label."""

from collections.abc import Sequence

import torch

from torchcaffe.layer_types.layer import Blobs, LossLayer
from torchcaffe.layer_types.shared.labels import read_labels

SMALLEST_PROBABILITY = 1e-20  # Smaller ones, 0 among them, count as this.


class MultinomialLogisticLossLayer(LossLayer):
    """-(sum over the N items of log max(p[label], 1e-20)) / N, p being probabilities (a Softmax's top, say).

    The gradient is -w / (N max(p[label], 1e-20)) at the label and 0 elsewhere, w being the loss weight.
    Bottoms: probabilities (N, ...), labels (N) or (N, 1, 1, 1); top: a scalar.

    Raises:
        DataError: a label that is no class (on the CPU; see `shared.labels`).

    Source: Caffe 1.0, `src/caffe/layers/multinomial_logistic_loss_layer.cpp`.
    """

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        super().reshape(bottoms, tops)
        if bottoms[1].count != bottoms[0].shape[0]:
            self.fail(f"{bottoms[1].count} labels for {bottoms[0].shape[0]} items: expected as many")

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        p = bottoms[0].data.flatten(1)
        self._label, self._counts = read_labels(self, bottoms[1].data, p, 1, None)
        self._p = p.gather(1, self._label).clamp(min=SMALLEST_PROBABILITY)
        tops[0].data = -(self._counts * self._p.log()).sum() / p.shape[0]

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if propagate_down[1]:
            self.fail("it cannot propagate a gradient to its labels")
        if propagate_down[0]:
            scale = -tops[0].diff / bottoms[0].shape[0]
            zeros = torch.zeros_like(bottoms[0].data.flatten(1))
            diff = zeros.scatter(1, self._label, self._counts * scale / self._p)
            bottoms[0].diff = diff.view(bottoms[0].shape)
