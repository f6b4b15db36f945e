"""The images on which an ONNX file is held to Caffe."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

import torchcaffe as caffe
from layerhint.errors import LayerhintError
from layerhint.export.graph import Array
from layerhint.export.preparation import data_layer
from torchcaffe.data.db import DatumReader
from torchcaffe.data.transformer import DataTransformer


@dataclass(frozen=True)
class Batch:
    """Images as the net takes them, float32 (N, C, H, W); as they are stored, and their labels, if there are any."""

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

    Raises:
        LayerhintError: the net has no such layer, or no image is asked for.
        CaffeError: an LMDB or a mean file that cannot be read.
    """

    __test__ = False  # Its name is no test's.

    def __init__(self, test_net: Path, limit: int | None = None) -> None:
        layer = data_layer(test_net)
        where, param = f"{test_net}, layer '{layer.name}'", layer.transform_param
        color = True if param.force_color else False if param.force_gray else None
        self._reader = DatumReader(layer.data_param.source, where, color)
        self._transformer = DataTransformer(param, caffe.TEST, where)
        if limit is not None and limit < 1:
            raise LayerhintError(f"--images {limit}: it must be at least 1")
        self.count = min(limit or len(self._reader), len(self._reader))
        self.name = "test images"

    def batches(self, size: int) -> Iterator[Batch]:
        for start in range(0, self.count, size):
            batch = self._reader.read(min(size, self.count - start))
            yield Batch(self._transformer.transform(batch.images), batch.images, batch.labels.astype(np.int64))


class RandomImages:
    """Images drawn at random, where there is no test net: normal, with about the spread of pixels less their mean."""

    count = 256
    _spread = 50

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.name = "random images"
        self._shape = shape

    def batches(self, size: int) -> Iterator[Batch]:
        generator = np.random.default_rng(0)
        for start in range(0, self.count, size):
            shape = (min(size, self.count - start), *self._shape)
            yield Batch(generator.normal(scale=self._spread, size=shape).astype(np.float32))
