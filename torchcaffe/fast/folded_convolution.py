"""A convolution with the BatchNorm and Scale behind it folded into its weights, where nothing is learned."""

from typing import TYPE_CHECKING

import torch

from torchcaffe.fast.op import Op, channels_last
from torchcaffe.layers.batch_norm import BatchNormLayer
from torchcaffe.layers.convolution import ConvolutionLayer
from torchcaffe.node import Node

if TYPE_CHECKING:
    from torchcaffe.net import Net


class FoldedConvolution(Op):
    """y = relu(conv(x; w k) + c) with k = s / sqrt(var + eps) and c = b + (bias - mean) k, channel by channel.

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
        self.convolution = convolution
        self.relu = len(nodes) == 4
        g = convolution.geometry
        self.window = (g.stride, g.pad, g.dilation, convolution.group)
        self._versions: list[tuple[int, int]] = []
        self._folded: tuple[torch.Tensor, ...] = ()

    def prepare(self) -> None:
        """Folds, if need be, into the arrays that hold the folded weights already, which a recorded pass reads."""
        params = [blob.data for layer in self.layers for blob in layer.blobs]
        versions = [(param.data_ptr(), param._version) for param in params]
        if versions == self._versions:
            return
        folded = tuple(part.to(self._dtype) for part in self._fold())
        if self._folded:
            torch._foreach_copy_(self._folded, folded)
        else:
            self._folded = folded
        self._versions = versions

    def forward(self) -> None:
        self.reshape()
        self.prepare()
        weight, bias = self._folded
        y = torch.conv2d(channels_last(self.bottoms[0].data.to(self._dtype)), weight, bias, *self.window)
        self.tops[0].data = y.relu_() if self.relu else y

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
