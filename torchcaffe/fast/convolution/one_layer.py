"""A convolution on blobs whose channels are innermost in memory, which is how CPUs and GPUs like them best."""

from typing import TYPE_CHECKING

import torch

from torchcaffe.fast.convolution.choice import choose_convolver
from torchcaffe.fast.op import Op, channels_last
from torchcaffe.fast.patterns import is_loss
from torchcaffe.layer_types.convolution import ConvolutionLayer
from torchcaffe.node import Node

if TYPE_CHECKING:
    from torchcaffe.net import Net


class Convolution(Op):
    """A convolution of one bottom with two spatial axes. Its top has that layout too, as have the blobs after it."""

    makes_own_diffs = True
    takes_bf16 = True

    def __init__(self, net: "Net", node: Node, dtype: torch.dtype) -> None:
        """`dtype` is the type of the factors, and of the top's data."""
        super().__init__(net, [node])
        self._dtype = dtype
        layer = node.layer
        assert isinstance(layer, ConvolutionLayer)
        self.layer = layer
        self._convolver = choose_convolver(layer, self.bottoms[0].shape, net.place, dtype, frozen=False)

    @staticmethod
    def fits(node: Node) -> bool:
        """Whether a node is such a convolution."""
        layer = node.layer
        if not isinstance(layer, ConvolutionLayer) or len(node.bottom_ids) != 1 or is_loss(node):
            return False
        return len(layer.geometry.kernel) == 2 and layer.geometry.channel_axis == 1

    def forward(self) -> None:
        self.reshape()
        self._x = channels_last(self.bottoms[0].data.to(self._dtype))
        self._weight, *rest = (blob.data.to(self._dtype) for blob in self.layer.blobs)
        prepared, bias = self._convolver.prepare(self._weight), rest[0] if rest else None
        self.tops[0].data = self._convolver.forward(self._x, prepared, bias)

    def backward(self) -> None:
        learns = zip(self.layer.blobs, self.layer.param_propagate_down, strict=True)
        d_weight, d_bias = [*(blob.diff if learn else None for blob, learn in learns), None][:2]
        d_y = channels_last(self.tops[0].diff.to(self._dtype))
        d_x = self._convolver.backward(d_y, self._x, self._weight, d_weight, d_bias, self.propagate_down[0])
        del self._x, self._weight
        if d_x is not None:
            self.bottoms[0].diff = d_x
