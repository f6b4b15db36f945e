"""A Data layer on a CPU: turns the database's bytes into the first convolution's input in one step."""

import ctypes
from typing import TYPE_CHECKING

import torch

from torchcaffe.fast.data.compiled import CompiledTransform
from torchcaffe.fast.op import Op
from torchcaffe.layer_types.data import DataLayer
from torchcaffe.node import Node

if TYPE_CHECKING:
    from torchcaffe.net import Net


class CompiledData(Op):
    """The next batch of a Data layer, in float32 on a CPU.

    The layer's own reader and transformer read and draw, and so keep the state from which a plain forward pass, a
    snapshot or a resumed run continues.
    """

    def __init__(self, net: "Net", node: Node, library: ctypes.CDLL) -> None:
        super().__init__(net, [node])
        layer = node.layer
        assert isinstance(layer, DataLayer)
        self.layer = layer
        self._transform = CompiledTransform(layer.transformer, library)

    def forward(self) -> None:
        batch = self.layer.reader.read(self.layer.batch_size)
        images, *labels = self.tops
        data = self._transform(batch.images)
        images.reshape(*data.shape)
        images.data = data
        for top in labels:
            top.data = torch.from_numpy(batch.labels)

    def backward(self) -> None:
        raise AssertionError("nothing asks for a gradient of data")
