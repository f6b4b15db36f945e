"""SoftmaxWithLoss, computed from the logits."""

import math
from math import prod
from typing import TYPE_CHECKING

import torch

from torchcaffe.fast.op import Op
from torchcaffe.layer_types.shared.labels import read_labels
from torchcaffe.layer_types.shared.loss_normalizer import loss_normalizer
from torchcaffe.layer_types.softmax_with_loss import SMALLEST, SoftmaxWithLossLayer
from torchcaffe.node import Node

if TYPE_CHECKING:
    from torchcaffe.net import Net


class SoftmaxLoss(Op):
    """loss = -sum of log p[label] / Z with log p = x - log sum exp x, so that no probability is rounded on the way.

    As in the layer, log p is at least log FLT_MIN, and Z is as its `normalization` says.
    """

    makes_own_diffs = True

    def __init__(self, net: "Net", node: Node) -> None:
        super().__init__(net, [node])
        layer = node.layer
        assert isinstance(layer, SoftmaxWithLossLayer)
        self.layer = layer

    @staticmethod
    def fits(node: Node) -> bool:
        """Whether a node is such a layer, with the loss as its only top and without a gradient for its labels."""
        one_top = isinstance(node.layer, SoftmaxWithLossLayer) and len(node.top_ids) == 1
        return one_top and not node.bottom_need_backward[1]

    def forward(self) -> torch.Tensor | None:
        self.reshape()
        scores, labels = (bottom.data for bottom in self.bottoms)
        axis = self.layer.axis
        self._log_p = torch.log_softmax(scores, axis)
        self._label, self._counts = read_labels(self.layer, labels, scores, axis, self.layer.ignore)
        outer, inner = prod(scores.shape[:axis]), prod(scores.shape[axis + 1 :])
        self._z = loss_normalizer(self.layer.normalization, outer, inner, self._counts.sum())
        log_p = self._log_p.gather(axis, self._label).clamp(min=math.log(SMALLEST))
        self.tops[0].data = -(self._counts * log_p).sum() / self._z
        return self.layer.weigh(self.tops)

    def backward(self) -> None:
        if self.propagate_down[0]:
            weight = self._counts * (self.tops[0].diff / self._z)
            d_scores = self._log_p.exp()
            d_scores.scatter_add_(self.layer.axis, self._label, torch.full_like(self._counts, -1))
            self.bottoms[0].diff = d_scores.mul_(weight)
