"""What a program is made of: operations, each in the place of one or more layers of the net."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import torch

from torchcaffe.blob import Blob
from torchcaffe.node import Node

if TYPE_CHECKING:
    from torchcaffe.net import Net


class Op(ABC):
    """Does the work of some layers on the net's own blobs."""

    def __init__(self, net: "Net", nodes: list[Node]) -> None:
        self.nodes = nodes
        self.needs_backward = any(node.need_backward for node in nodes)
        self.bottoms: list[Blob] = [net.blobs[i] for i in nodes[0].bottom_ids]
        self.tops: list[Blob] = [net.blobs[i] for i in nodes[-1].top_ids]
        self.propagate_down = nodes[0].bottom_need_backward

    @abstractmethod
    def forward(self) -> torch.Tensor | None:
        """Binds the tops' data; gives this part of the net's loss, if it has one."""

    @abstractmethod
    def backward(self) -> None:
        """Binds the bottoms' diffs and adds to the params'; called only if something here needs it."""


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
    return x.contiguous(memory_format=torch.channels_last)
