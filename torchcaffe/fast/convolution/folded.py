"""A convolution with the BatchNorm and Scale behind it folded into its weights, and a sum, where nothing is learned."""

from typing import TYPE_CHECKING

import torch

from torchcaffe.fast.convolution.choice import choose_convolver
from torchcaffe.fast.op import Op, channels_last
from torchcaffe.layer_types.batch_norm import BatchNormLayer
from torchcaffe.layer_types.convolution import ConvolutionLayer
from torchcaffe.layer_types.eltwise import EltwiseLayer
from torchcaffe.layer_types.relu import ReLULayer
from torchcaffe.layer_types.split import SplitLayer
from torchcaffe.node import Node

if TYPE_CHECKING:
    from torchcaffe.net import Net


class FoldedConvolution(Op):
    """y = relu(conv(x; w k) + c + a) with k = s / sqrt(var + eps) and c = b + (bias - mean) k, channel by channel.

    Replaces a Convolution, and BatchNorm and Scale, which work in place on its top; an Eltwise that sums this blob and
    another, a; a ReLU; and a Split. The last three may each be missing. If there is a sum, the convolution's top is
    computed only if it is read.

    mean and var are BatchNorm's running statistics, so this is for a frozen net and for tests. The weights are folded
    anew whenever one of the params has been written to.
    """

    takes_bf16 = True

    def __init__(self, net: "Net", nodes: list[Node], dtype: torch.dtype) -> None:
        """`dtype` is the type of the factors, and of the top's data."""
        super().__init__(net, nodes)
        self._dtype = dtype
        self.layers = [node.layer for node in nodes]
        convolution = nodes[0].layer
        assert isinstance(convolution, ConvolutionLayer)
        self._convolver = choose_convolver(convolution, self.bottoms[0].shape, net.place, dtype, frozen=True)
        self._relu = any(isinstance(layer, ReLULayer) for layer in self.layers)
        ends = nodes[-2:] if isinstance(self.layers[-1], SplitLayer) else nodes[-1:]
        self._outputs = [net.blobs[i] for node in ends for i in node.top_ids]
        self._summand = net.blobs[nodes[0].top_ids[0]]
        for node in nodes:
            if isinstance(node.layer, EltwiseLayer):
                self._take_addend(net, node)
        self._versions: list[tuple[int, int]] = []
        self._folded: tuple[torch.Tensor, torch.Tensor] | None = None

    def _take_addend(self, net: "Net", node: Node) -> None:
        index = next(j for j, i in enumerate(node.bottom_ids) if net.blobs[i] is not self._summand)
        self.bottoms.append(net.blobs[node.bottom_ids[index]])
        self.propagate_down.append(False)

    def prepare(self) -> tuple[torch.Tensor, torch.Tensor]:
        """The folded weights, as `Convolver.prepare` makes them, and c.

        If they are folded anew, it is into the same arrays, which a recorded pass reads.
        """
        params = [blob.data for layer in self.layers for blob in layer.blobs]
        versions = [(param.data_ptr(), param._version) for param in params]
        if self._folded and versions == self._versions:
            return self._folded
        weight, bias = (part.to(self._dtype) for part in self._fold())
        folded = (self._convolver.prepare(weight), bias)
        if self._folded:
            torch._foreach_copy_(self._folded, folded)
        else:
            self._folded = folded
        self._versions = versions
        return self._folded

    def forward(self) -> None:
        self.reshape()
        weight, bias = self.prepare()
        x, *addend = (channels_last(bottom.data.to(self._dtype)) for bottom in self.bottoms)
        y = self._convolver.forward(x, weight, bias, addend[0] if addend else None, self._relu)
        if addend:
            self._summand.bind_later(lambda: self._convolver.forward(x, weight, bias))
        for blob in self._outputs:
            blob.data = y

    def backward(self) -> None:
        raise AssertionError("a folded convolution is only used where nothing needs a gradient")

    def _fold(self) -> tuple[torch.Tensor, torch.Tensor]:
        convolution, norm, scale = self.layers[:3]
        assert isinstance(norm, BatchNormLayer)
        mean, var = (statistic.view(-1) for statistic in norm.global_stats())
        factor = scale.blobs[0].data * torch.rsqrt(var + norm.eps)
        offset = -mean * factor
        if len(convolution.blobs) > 1:
            offset = torch.addcmul(offset, convolution.blobs[1].data, factor)
        if len(scale.blobs) > 1:
            offset = offset + scale.blobs[1].data
        return convolution.blobs[0].data * factor.view(-1, 1, 1, 1), offset
