"""What a program is made of: operations, each in the place of one or more layers of the net."""

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

    `bottoms` are the blobs that it reads, and `propagate_down` says of each whether it wants its gradient; `tops` are
    those whose gradients it gets from what reads them.
    """

    makes_own_diffs: ClassVar[bool] = False  # The diffs that `backward` binds share memory with nothing else.
    takes_bf16: ClassVar[bool] = False  # As data and diffs; else they are made what the blobs say they are.

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
        self.may_overwrite = False  # The memory of the first one's gradient: nothing else has it.

    @abstractmethod
    def forward(self) -> torch.Tensor | None:
        """Binds the tops' data; gives this part of the net's loss, if it has one."""

    @abstractmethod
    def backward(self) -> None:
        """Binds the bottoms' diffs and adds to the params'; called only if something here needs it, once a forward."""

    @property
    def kind(self) -> str:
        """The types of the layers that it stands for: `BatchNorm+Scale+ReLU`."""
        return "+".join(node.layer.param.type for node in self.nodes)

    def reshape(self) -> None:
        """Has the layers check and pass on the bottoms' shapes, where they are new."""
        shapes = [bottom.shape for bottom in self.bottoms]
        if shapes != self._shapes:
            for layer, bottoms, tops in self._layers:
                layer.reshape(bottoms, tops)
            self._shapes = shapes

    def widen_data(self) -> None:
        """Makes the bottoms' data of the blobs' own type."""
        for bottom in self.bottoms:
            bottom.data = bottom.data.to(bottom.dtype)

    def widen_diffs(self) -> None:
        """Makes the tops' diffs of the blobs' own type."""
        for top in self.tops:
            if (diff := top.take_diff()) is not None:
                top.diff = diff.to(top.dtype)

    def take_diffs(self) -> list[torch.Tensor]:
        """The gradients whose sum is that of the output, channels innermost; zeros if no reader has given one."""
        diffs = [top.take_diff() for top in self.givers]
        given = [channels_last(diff) for diff in diffs if diff is not None]
        return given or [channels_last(self.tops[0].diff)]


class PlainOp(Op):
    """A layer as it is."""

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
