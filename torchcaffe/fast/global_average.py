"""The mean of each channel over an image, as before a residual net's classifier."""

from typing import TYPE_CHECKING

from torchcaffe.fast.op import Op, channels_last
from torchcaffe.fast.patterns import is_loss
from torchcaffe.layer_types.pooling import PoolingLayer
from torchcaffe.node import Node
from torchcaffe.proto.caffe_pb2 import PoolingParameter

if TYPE_CHECKING:
    from torchcaffe.net import Net


class GlobalAverage(Op):
    """y[n, c] = mean over i, j of x[n, c, i, j], as (N, C, 1, 1): Pooling with AVE and global_pooling."""

    makes_own_diffs = True
    takes_bf16 = True

    def __init__(self, net: "Net", node: Node) -> None:
        super().__init__(net, [node])

    @staticmethod
    def fits(node: Node) -> bool:
        """Whether a node is such a layer."""
        layer = node.layer
        if not isinstance(layer, PoolingLayer) or is_loss(node):
            return False
        return layer.pool == PoolingParameter.AVE and layer.param.pooling_param.global_pooling

    def forward(self) -> None:
        self.reshape()
        self.tops[0].data = self.bottoms[0].data.mean((2, 3), keepdim=True, dtype=self.tops[0].dtype)

    def backward(self) -> None:
        shape = self.bottoms[0].shape
        share = self.tops[0].diff / (shape[2] * shape[3])
        if self.propagate_down[0]:
            self.bottoms[0].diff = channels_last(share.to(self.bottoms[0].data.dtype).expand(shape))
