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

    def __init__(self, net: "Net", nodes: list[Node]) -> None:
        super().__init__(net, nodes)
        self.layers = [node.layer for node in nodes]
        convolution = nodes[0].layer
        assert isinstance(convolution, ConvolutionLayer)
        self.convolution = convolution
        self.relu = len(nodes) == 4
        g = convolution.geometry
        self.window = (g.stride, g.pad, g.dilation, convolution.group)
        self._versions: list[tuple[int, int]] = []

    def forward(self) -> None:
        self.reshape()
        params = [blob.data for layer in self.layers for blob in layer.blobs]
        versions = [(param.data_ptr(), param._version) for param in params]
        if versions != self._versions:
            self._folded, self._versions = self._fold(), versions
        weight, bias = self._folded
        y = torch.conv2d(channels_last(self.bottoms[0].data), weight, bias, *self.window)
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
