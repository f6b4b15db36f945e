"""The operations that a program consists of: each replaces one or more layers of the net."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

import torch

from torchcaffe.blob import Blob, Shape
from torchcaffe.node import Node

if TYPE_CHECKING:
    from torchcaffe.net import Net


class Op(ABC):
    """Does the work of some layers on the net's own blobs.

    `bottoms` are the blobs that it reads, and `propagate_down` says for each whether `backward` must bind its gradient.
    `tops` are the blobs whose gradients it gets from their readers.
    """

    makes_own_diffs: ClassVar[bool] = False  # Whether the diffs that `backward` binds share no memory.
    takes_bf16: ClassVar[bool] = False  # As data and diffs; otherwise they are converted to the blobs' own type.

    def __init__(self, net: "Net", nodes: Sequence[Node]) -> None:
        self.nodes = nodes
        blobs = net.blobs
        self._layers = [
            (node.layer, [blobs[i] for i in node.bottom_ids], [blobs[i] for i in node.top_ids]) for node in nodes
        ]
        self._shapes: list[Shape] = []
        self.needs_backward = any(node.need_backward for node in nodes)
        self.bottoms: list[Blob] = [net.blobs[i] for i in nodes[0].bottom_ids]
        self.tops: list[Blob] = [net.blobs[i] for i in nodes[-1].top_ids]
        self.propagate_down = list(nodes[0].bottom_need_backward)
        self.givers = self.tops  # The tops whose readers give a gradient.
        self.may_overwrite = False  # Whether nothing else uses the memory of the first giver's gradient.

    @abstractmethod
    def forward(self) -> torch.Tensor | None:
        """Binds the tops' data; returns its share of the net's loss, if it has one."""

    @abstractmethod
    def backward(self) -> None:
        """Binds the bottoms' diffs, adds to the params'; called once after a forward, only if `needs_backward`."""

    @property
    def kind(self) -> str:
        """The types of its layers, such as `BatchNorm+Scale+ReLU`."""
        return "+".join(node.layer.param.type for node in self.nodes)

    def reshape(self) -> None:
        """Runs the layers' `reshape` if the bottoms have new shapes."""
        shapes = [bottom.shape for bottom in self.bottoms]
        if shapes != self._shapes:
            for layer, bottoms, tops in self._layers:
                layer.reshape(bottoms, tops)
            self._shapes = shapes

    def widen_data(self) -> None:
        """Converts the bottoms' data to the blobs' own type."""
        for bottom in self.bottoms:
            bottom.data = bottom.data.to(bottom.dtype)

    def widen_diffs(self) -> None:
        """Converts the tops' diffs to the blobs' own type."""
        for top in self.tops:
            if (diff := top.take_diff()) is not None:
                top.diff = diff.to(top.dtype)

    def take_diffs(self) -> list[torch.Tensor]:
        """Takes the diffs whose sum is the output's gradient, channels innermost; zeros if no reader gave one."""
        diffs = [top.take_diff() for top in self.givers]
        gradients = [channels_last(diff) for diff in diffs if diff is not None]
        return gradients or [channels_last(self.tops[0].diff)]


class PlainOp(Op):
    """A single layer, run as on the plain path."""

    def __init__(self, net: "Net", node: Node) -> None:
        super().__init__(net, [node])
        self.layer = node.layer

    def forward(self) -> torch.Tensor | None:
        return self.layer.run_forward(self.bottoms, self.tops)

    def backward(self) -> None:
        self.layer.backward(self.tops, self.propagate_down, self.bottoms)


def channels_last(x: torch.Tensor) -> torch.Tensor:
    """A tensor (N, C, H, W) with the channels innermost in memory; itself if it is that already."""
    return x.contiguous(memory_format=torch.channels_last) if x.dim() == 4 else x
