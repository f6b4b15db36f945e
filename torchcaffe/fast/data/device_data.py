"""Data with the images on the device: crop and mirror happen there, by the draws of the layer's own generator."""

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
    """Where a batch's images are on the device, and how they get there."""

    def room(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Images (R, H, W, C) and labels (R,), at a fixed address, for one batch at a time."""
        ...

    def fill(self, images: torch.Tensor, labels: torch.Tensor) -> npt.NDArray[np.int64]:
        """Has the reader's next batch in such a room, and moves the reader on; gives where it lies there, (N,)."""
        ...


@dataclass(frozen=True)
class _Slot:
    """A batch before it is cropped: `places` as `CropAndMirror` takes them."""

    images: torch.Tensor
    labels: torch.Tensor
    places: torch.Tensor


class DeviceData(Op):
    """The next batch of a Data layer.

    What depends on the CPU, the batch's place in the database and the random draws, is written into arrays of fixed
    address by `stage`; `forward` reads these alone, so that it can be recorded once and replayed. The layer's reader
    and transformer keep the state: a plain forward pass, a snapshot or a resumed run goes on from there.
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
        self._next = self._end = 0  # Of the slots that `forward` is to read.
        images, _ = source.room()
        _, height, width, channels = images.shape
        self._size = height, width
        self._crop = CropAndMirror(layer.transformer, (channels, height, width), images.device)

    def stage(self, count: int) -> None:
        """Makes the layer's next `count` batches ready."""
        for i in range(count):
            if i == len(self._slots):
                self._slots.append(self._slot())
            slot = self._slots[i]
            rows = self._source.fill(slot.images, slot.labels)
            draws = self.layer.transformer.draw(len(rows), *self._size)
            upload(slot.places, np.stack([rows, draws.mirror, draws.h_off, draws.w_off]))

    def begin(self, count: int) -> None:
        """From now on `forward` gives the first `count` batches that were staged last, one after the other."""
        self._next, self._end = 0, count

    def forward(self) -> None:
        """Binds the next staged batch; stages one itself where none is left."""
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
