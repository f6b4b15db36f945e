"""The shortcut of a residual module where the size halves: every s-th pixel, and channels of zeros."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from torchcaffe.blob import Shape
from torchcaffe.fast.op import Op, channels_last
from torchcaffe.fast.patterns import is_split
from torchcaffe.layer_types.concat import ConcatLayer
from torchcaffe.layer_types.convolution import ConvolutionLayer
from torchcaffe.layer_types.power import PowerLayer
from torchcaffe.node import Node

if TYPE_CHECKING:
    from torchcaffe.net import Net


class ZeroPaddedShortcut(Op):
    """y[n, c, i, j] = w[c] x[n, c, s i, s j], and 0 for the channels after those of x.

    Replaces a frozen 1x1 Convolution of each channel by itself, a Split, a Power that makes zeros of one of its tops,
    and a Concat. The blobs in between are computed only if they are read.
    """

    makes_own_diffs = True
    takes_bf16 = True

    def __init__(self, net: "Net", nodes: Sequence[Node]) -> None:
        super().__init__(net, nodes)
        layer = nodes[0].layer
        assert isinstance(layer, ConvolutionLayer)
        self.layer = layer
        self._rows, self._columns = layer.geometry.stride
        self._kept = [net.blobs[i] for node in nodes[:2] for i in node.top_ids]
        self._zeros = net.blobs[nodes[2].top_ids[0]]

    def forward(self) -> None:
        self.reshape()
        x, top = self.bottoms[0].data, self.tops[0]
        y = _empty(top.shape, x)
        y[:, self.layer.channels :] = 0
        kept = y[:, : self.layer.channels]
        torch.mul(x[:, :, :: self._rows, :: self._columns], self._weight(), out=kept)
        for blob in self._kept:
            blob.bind_later(lambda: channels_last(kept))
        self._zeros.bind_later(lambda: torch.zeros_like(self._kept[0].data))
        top.data = y

    def backward(self) -> None:
        (d_y,) = self.take_diffs()
        diff = _empty(self.bottoms[0].shape, d_y).zero_()
        torch.mul(d_y[:, : self.layer.channels], self._weight(), out=diff[:, :, :: self._rows, :: self._columns])
        self.bottoms[0].diff = diff

    def _weight(self) -> torch.Tensor:
        return self.layer.blobs[0].data.view(1, -1, 1, 1)


def _empty(shape: Shape, like: torch.Tensor) -> torch.Tensor:
    """An uninitialized array with the channels innermost, of the type and on the device of `like`."""
    return torch.empty(shape, dtype=like.dtype, device=like.device, memory_format=torch.channels_last)


def zero_padded_shortcut(nodes: Sequence[Node]) -> list[Node]:
    """The four nodes of such a shortcut, if `nodes` starts with them; or nothing."""
    if len(nodes) < 4 or not _subsamples(nodes[0]):
        return []
    subsample, split, zeros, concat = nodes[:4]
    if not is_split(split) or split.bottom_ids != subsample.top_ids or len(split.top_ids) != 2:
        return []
    power, joint = zeros.layer, concat.layer
    if not isinstance(power, PowerLayer) or power.scale or power.shift or power.power != 1:
        return []
    if zeros.bottom_ids != split.top_ids[1:] and zeros.bottom_ids != split.top_ids[:1]:
        return []
    kept = [i for i in split.top_ids if i not in zeros.bottom_ids]
    joined = isinstance(joint, ConcatLayer) and joint.axis == 1 and concat.bottom_ids == [*kept, *zeros.top_ids]
    one_gradient = len(set(concat.bottom_need_backward)) == 1  # No `propagate_down: false` for one of them.
    return list(nodes[:4]) if joined and one_gradient and zeros.top_ids != zeros.bottom_ids else []


def _subsamples(node: Node) -> bool:
    """Whether a node is a 1x1 convolution of each channel by itself that learns nothing."""
    layer = node.layer
    if not isinstance(layer, ConvolutionLayer) or len(node.bottom_ids) != 1 or len(layer.blobs) != 1:
        return False
    g = layer.geometry
    alone = layer.group == layer.channels == layer.param.convolution_param.num_output
    window = g.kernel == (1, 1) and g.pad == (0, 0) and g.channel_axis == 1
    return alone and window and not any(layer.param_propagate_down)
