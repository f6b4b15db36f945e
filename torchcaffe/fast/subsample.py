"""A frozen 1x1 convolution of each channel by itself, as the subsampling of a zero-padded shortcut is."""

from typing import TYPE_CHECKING

import torch

from torchcaffe.fast.op import Op
from torchcaffe.layers.convolution import ConvolutionLayer
from torchcaffe.node import Node

if TYPE_CHECKING:
    from torchcaffe.net import Net


class Subsample(Op):
    """y[n, c, i, j] = w[c] x[n, c, s i, s j]: every s-th pixel, without a convolution."""

    def __init__(self, net: "Net", node: Node) -> None:
        super().__init__(net, [node])
        layer = node.layer
        assert isinstance(layer, ConvolutionLayer)
        self.layer = layer
        self.stride = layer.geometry.stride

    @staticmethod
    def fits(node: Node) -> bool:
        """Whether a node is such a convolution, and learns nothing."""
        layer = node.layer
        if not isinstance(layer, ConvolutionLayer) or len(node.bottom_ids) != 1 or len(layer.blobs) != 1:
            return False
        g = layer.geometry
        alone = layer.group == layer.channels == layer.param.convolution_param.num_output
        window = g.kernel == (1, 1) and g.pad == (0, 0) and g.channel_axis == 1
        return alone and window and not any(layer.param_propagate_down)

    def forward(self) -> None:
        self.layer.reshape(self.bottoms, self.tops)
        rows, columns = self.stride
        self.tops[0].data = self.bottoms[0].data[:, :, ::rows, ::columns] * self._weight()

    def backward(self) -> None:
        if not self.propagate_down[0]:
            return
        rows, columns = self.stride
        diff = torch.zeros_like(self.bottoms[0].data)
        diff[:, :, ::rows, ::columns] = self.tops[0].diff * self._weight()
        self.bottoms[0].diff = diff

    def _weight(self) -> torch.Tensor:
        return self.layer.blobs[0].data.view(1, -1, 1, 1)
