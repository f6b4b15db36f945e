"""A Data layer whose images are cropped and mirrored on the device, by the draws of the layer's own generator."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol

import numpy as np
import numpy.typing as npt
import torch

from torchcaffe.fast.data.crop_and_mirror import CropAndMirror
from torchcaffe.fast.data.upload import upload
from torchcaffe.fast.op import Op
from torchcaffe.layer_types.data import DataLayer
from torchcaffe.node import Node

if TYPE_CHECKING:
    from torchcaffe.net import Net


class Source(Protocol):
    """Brings a batch's images to the device."""

    def room(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Arrays of fixed address for one batch at a time: images (R, H, W, C) and labels (R,)."""
        ...

    def fill(self, images: torch.Tensor, labels: torch.Tensor) -> npt.NDArray[np.int64]:
        """Puts the reader's next batch into such arrays; returns its rows there, (N,). Moves the reader on."""
        ...


@dataclass(frozen=True)
class _Slot:
    """A staged batch, not cropped yet; for `places` see `CropAndMirror`."""

    images: torch.Tensor
    labels: torch.Tensor
    places: torch.Tensor


class DeviceData(Op):
    """The next batch of a Data layer.

    `stage` writes what the CPU decides, the batch's place in the database and the random draws, into arrays of fixed
    address. `forward` reads only these, so that it can be recorded once and replayed. The layer's own reader and
    transformer keep the state from which a plain forward pass, a snapshot or a resumed run continues.
    """

    takes_bf16: ClassVar[bool] = True

    def __init__(self, net: "Net", node: Node, source: Source) -> None:
        super().__init__(net, [node])
        layer = node.layer
        assert isinstance(layer, DataLayer)
        self.layer = layer
        self._source = source
        self._dtype = net.place.dtype
        self._slots: list[_Slot] = []
        self._next = self._end = 0  # The range of slots that `forward` still has to read.
        images, _ = source.room()
        _, height, width, channels = images.shape
        self._size = height, width
        self._crop = CropAndMirror(layer.transformer, (channels, height, width), images.device)

    def stage(self, count: int) -> None:
        """Stages the layer's next `count` batches."""
        for i in range(count):
            if i == len(self._slots):
                self._slots.append(self._slot())
            slot = self._slots[i]
            rows = self._source.fill(slot.images, slot.labels)
            draws = self.layer.transformer.draw(len(rows), *self._size)
            upload(slot.places, np.stack([rows, draws.mirror, draws.h_off, draws.w_off]))

    def begin(self, count: int) -> None:
        """Makes `forward` read the first `count` batches of the last `stage`, one a call."""
        self._next, self._end = 0, count

    def forward(self) -> None:
        """Binds the next staged batch; stages one first if none is left."""
        if self._next == self._end:
            self.stage(1)
            self.begin(1)
        slot = self._slots[self._next]
        self._next += 1
        images, *labels = self.tops
        images.data = self._crop(slot.images, slot.places).to(self._dtype)
        for top in labels:
            top.data = slot.labels[slot.places[0]].to(self._dtype)

    def backward(self) -> None:
        raise AssertionError("nothing asks for a gradient of data")

    def _slot(self) -> _Slot:
        images, labels = self._source.room()
        places = torch.zeros(4, self.layer.batch_size, dtype=torch.int64, device=images.device)
        return _Slot(images, labels, places)
