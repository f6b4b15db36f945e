"""A database's images in the memory of a device, where batches are cut without the CPU."""

from pathlib import Path
from weakref import WeakValueDictionary

import numpy as np
import torch

from torchcaffe.data.datum import Image
from torchcaffe.data.db import DatumReader
from torchcaffe.memory import available

SHARE = 0.5
"""Of a device's free memory, and of main memory, what a data set may take up."""


class Records:
    """All images (R, H, W, C), as the Datums hold them, and labels (R,) of a database, in the order of its keys."""

    def __init__(self, images: torch.Tensor, labels: torch.Tensor, keys: list[str]) -> None:
        self.images, self.labels, self.keys = images, labels, keys
        self.position = {key: i for i, key in enumerate(keys)}


# Several nets of a process read one copy.
_loaded: WeakValueDictionary[tuple[Path, bool | None, torch.device], Records] = WeakValueDictionary()


def load_records(reader: DatumReader, device: torch.device) -> Records | None:
    """The records of a reader's database; the reader does not move. None if they do not fit into main or device memory.

    Raises:
        UnequalImagesError: its images are not all alike.
        DataError: it holds something else than Datums.
    """
    key = (Path(reader.source).resolve(), reader.color, device)
    records = _loaded.get(key)
    if records is None and _size(reader) <= _room(device):
        records = _read(reader, device)
        _loaded[key] = records
    return records


class UnequalImagesError(Exception):
    """Images of several sizes or types, which one array cannot hold."""


def _size(reader: DatumReader) -> int:
    return len(reader) * reader.peek().image.nbytes


def _room(device: torch.device) -> float:
    """Bytes that a data set may take, of the device's free memory and of main memory, into which it is read first."""
    main = available()
    free = [np.inf if main is None else main]
    if device.type == "cuda":
        free.append(torch.cuda.mem_get_info(device)[0])
    return min(free) * SHARE


def _read(reader: DatumReader, device: torch.device) -> Records:
    first = reader.peek().image
    images: Image = np.empty((len(reader), *first.shape[1:], first.shape[0]), dtype=first.dtype)
    labels, keys = np.empty(len(reader), dtype=np.float32), []
    for i, (key, datum) in enumerate(reader.items()):
        if datum.image.shape != first.shape or datum.image.dtype != first.dtype:
            raise UnequalImagesError
        images[i], labels[i] = datum.image.transpose(1, 2, 0), datum.label
        keys.append(key)
    return Records(torch.from_numpy(images).to(device), torch.from_numpy(labels).to(device), keys)
