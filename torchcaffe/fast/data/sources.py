"""The two sources of a batch's images: a data set that stays on the device, or one that is read batch by batch."""

import numpy as np
import numpy.typing as npt
import torch

from torchcaffe.data.datum import Image
from torchcaffe.data.db import Batch
from torchcaffe.errors import DataError
from torchcaffe.fast.data.records import Records
from torchcaffe.fast.data.upload import upload
from torchcaffe.glog import logger
from torchcaffe.layer_types.data import DataLayer


class Resident:
    """All records are on the device; for each batch only its place is new. See `Source`."""

    def __init__(self, layer: DataLayer, records: Records) -> None:
        self._layer, self._records = layer, records

    def room(self) -> tuple[torch.Tensor, torch.Tensor]:
        return self._records.images, self._records.labels

    def fill(self, images: torch.Tensor, labels: torch.Tensor) -> npt.NDArray[np.int64]:
        keys, reader = self._records.keys, self._layer.reader
        start = self._records.position[reader.state["next_key"]]
        rounds, end = divmod(start + self._layer.batch_size, len(keys))
        for _ in range(rounds):
            logger.info("Restarting data prefetching from start.")
        reader.state = {"next_key": keys[end]}
        return np.arange(start, start + self._layer.batch_size) % len(keys)


class Streamed:
    """Each batch is read by the CPU, and copied to the device, while the device computes the batch before.

    See `Source`. Raises DataError for images of another size than the first one's.
    """

    def __init__(self, layer: DataLayer, device: torch.device) -> None:
        self._layer, self._device = layer, device
        self._stream = torch.cuda.Stream(device) if device.type == "cuda" else None  # type: ignore[no-untyped-call]

    def room(self) -> tuple[torch.Tensor, torch.Tensor]:
        image, count = self._layer.reader.peek().image, self._layer.batch_size
        images = torch.zeros(count, *image.shape[1:], len(image), dtype=_type(image), device=self._device)
        return images, torch.zeros(count, dtype=torch.float32, device=self._device)

    def fill(self, images: torch.Tensor, labels: torch.Tensor) -> npt.NDArray[np.int64]:
        batch = self._layer.reader.read(self._layer.batch_size)
        pixels = np.ascontiguousarray(batch.images.transpose(0, 2, 3, 1))
        self._check(batch, images)
        if self._stream is None:
            upload(images, pixels)
            upload(labels, batch.labels)
        else:
            self._upload_beside(self._stream, images, pixels)
            self._upload_beside(self._stream, labels, batch.labels)
        return np.arange(len(pixels))

    def _upload_beside(self, stream: torch.cuda.Stream, target: torch.Tensor, values: npt.NDArray[np.generic]) -> None:
        """Copies to the device by `stream`; then, once the computing stream has read the last batch, into `target`."""
        working = torch.cuda.current_stream(self._device)
        with torch.cuda.stream(stream):
            arrived = torch.empty_like(target)
            upload(arrived, values)
        working.wait_stream(stream)
        target.copy_(arrived)
        arrived.record_stream(working)

    def _check(self, batch: Batch, images: torch.Tensor) -> None:
        count, channels, *size = batch.images.shape
        layer = self._layer
        if (count, *size, channels) != images.shape or _type(batch.images) != images.dtype:
            raise DataError(
                f"layer '{layer.name}' ({layer.param.type}): LMDB '{layer.reader.source}' holds images of several "
                "sizes or types, which only the plain path takes on a GPU: add -plain"
            )


def _type(image: Image) -> torch.dtype:
    return torch.uint8 if image.dtype == np.uint8 else torch.float32
