"""BatchNorm, Scale, a sum and ReLU in one: the blob is read once to normalise it, not once a layer."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from torchcaffe.fast.batch_norm.choice import choose_batch_norm
from torchcaffe.fast.batch_norm.function import Settings
from torchcaffe.fast.op import Op, channels_last
from torchcaffe.layer_types.batch_norm import BatchNormLayer
from torchcaffe.layer_types.eltwise import EltwiseLayer
from torchcaffe.layer_types.relu import ReLULayer
from torchcaffe.layer_types.scale import ScaleLayer
from torchcaffe.layer_types.split import SplitLayer
from torchcaffe.node import Node

if TYPE_CHECKING:
    from torchcaffe.net import Net


class BatchNormScaleReLU(Op):
    """y = relu(s (x - mean) / sqrt(var + eps) + b + a), in the TRAIN phase, with the batch's statistics.

    Replaces BatchNorm and Scale, which work in place on the blob of x; an Eltwise that sums this blob and another, a; a
    ReLU; and a Split. The last three may each be missing. The blob of x shows what the Eltwise reads of it, which is
    computed only if the blob is read.
    """

    makes_own_diffs = True
    takes_bf16 = True

    def __init__(self, net: "Net", nodes: Sequence[Node], bf16: bool) -> None:
        super().__init__(net, nodes)
        norm, scale, *others = (node.layer for node in nodes)
        assert isinstance(norm, BatchNormLayer)
        assert isinstance(scale, ScaleLayer)
        self.sum = next((node for node in nodes if isinstance(node.layer, EltwiseLayer)), None)
        if self.sum:
            self._take_addend(net, self.sum)
        relu = any(isinstance(layer, ReLULayer) for layer in others)
        self._split = isinstance(others[-1], SplitLayer) if others else False
        ends = nodes[-2:] if self._split else nodes[-1:]
        self.outputs = [net.blobs[i] for node in ends for i in node.top_ids]
        self.batch_norm = choose_batch_norm(Settings(norm, scale, relu), net.place, bf16)

    def _take_addend(self, net: "Net", node: Node) -> None:
        index = next(j for j, i in enumerate(node.bottom_ids) if net.blobs[i] is not self.bottoms[0])
        self.bottoms.append(net.blobs[node.bottom_ids[index]])
        self.propagate_down.append(node.bottom_need_backward[index])

    def forward(self) -> None:
        self.reshape()
        x, *addend = (channels_last(bottom.data) for bottom in self.bottoms)
        y = self.batch_norm.forward(x, addend[0] if addend else None)
        if addend:
            self.bottoms[0].bind_later(self.batch_norm.normalised())
        for blob in self.outputs:
            blob.data = y

    def backward(self) -> None:
        gradients = self.batch_norm.backward(self.take_diffs(), self.may_overwrite)
        for bottom, down, diff in zip(self.bottoms, self.propagate_down, gradients, strict=False):
            if down:
                bottom.diff = diff
