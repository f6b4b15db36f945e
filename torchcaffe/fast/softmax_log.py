"""A Softmax and the Log of its top, as one operation."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from torchcaffe.fast.op import Op
from torchcaffe.layer_types.log import LogLayer
from torchcaffe.layer_types.softmax import SoftmaxLayer
from torchcaffe.node import Node

if TYPE_CHECKING:
    from torchcaffe.net import Net


class SoftmaxLog(Op):
    """y_i = x_i - log sum_j exp(x_j) along an axis: finite also where the softmax is too small for a float."""

    def __init__(self, net: "Net", nodes: Sequence[Node]) -> None:
        super().__init__(net, nodes)
        layer = nodes[0].layer
        assert isinstance(layer, SoftmaxLayer)
        self._softmax = layer
        self._probabilities = net.blobs[nodes[0].top_ids[0]]

    @staticmethod
    def fits(nodes: Sequence[Node]) -> bool:
        """Whether two nodes are such layers, each with a top of its own."""
        if len(nodes) != 2 or not isinstance(nodes[0].layer, SoftmaxLayer) or not isinstance(nodes[1].layer, LogLayer):
            return False
        log = nodes[1].layer
        natural = (log.log_base, log.scale, log.shift) == (1, 1, 0)
        return natural and nodes[1].bottom_ids == nodes[0].top_ids != nodes[1].top_ids

    def forward(self) -> None:
        self.reshape()
        y = torch.log_softmax(self.bottoms[0].data, self._softmax.axis)
        self._probabilities.bind_later(y.exp)
        self.tops[0].data = self._y = y

    def backward(self) -> None:
        if self.propagate_down[0]:
            axis = self._softmax.axis
            self.bottoms[0].diff = torch._log_softmax_backward_data(self.tops[0].diff, self._y, axis, self._y.dtype)
