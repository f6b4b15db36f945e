"""The images on which an ONNX model is compared with Caffe."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from layerhint.engines.net_child import SPREAD
from layerhint.errors import LayerhintError
from layerhint.export.graph import Array
from layerhint.nets.data_layer import DataLayerImages


@dataclass(frozen=True)
class Batch:
    """Images as the net takes them, float32 (N, C, H, W); if known, the same as they are stored, and their labels."""

    prepared: Array
    stored: Array | None = None
    labels: Array | None = None


class Images(Protocol):
    """Images, `count` of them; `name` is what they are called in messages."""

    name: str
    count: int

    def batches(self, size: int) -> Iterator[Batch]:
        """All of them, in batches of at most `size`."""
        ...


class TestImages:
    """The images of a test net's LMDB, from the first on, at most `limit`, prepared by its Data layer.

    Raises LayerhintError for a `limit` below 1, and as `DataLayerImages` does.
    """

    __test__ = False  # For pytest: despite its name it is no test.

    def __init__(self, test_net: Path, limit: int | None = None) -> None:
        self._images = DataLayerImages(test_net)
        if limit is not None and limit < 1:
            raise LayerhintError(f"--images {limit}: it must be at least 1")
        self.count = min(limit or len(self._images), len(self._images))
        self.name = "test images"

    def batches(self, size: int) -> Iterator[Batch]:
        for batch in self._images.batches(size, self.count):
            yield Batch(batch.prepared, batch.stored, batch.labels)


class RandomImages:
    """Images drawn at random, where there is no test net: normal, with about the spread of pixels less their mean."""

    count = 256

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.name = "random images"
        self._shape = shape

    def batches(self, size: int) -> Iterator[Batch]:
        generator = np.random.default_rng(0)
        for start in range(0, self.count, size):
            shape = (min(size, self.count - start), *self._shape)
            yield Batch(generator.normal(scale=SPREAD, size=shape).astype(np.float32))
