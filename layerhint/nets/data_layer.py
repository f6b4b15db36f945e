"""A test net's Data layer, and the images that it gives."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import torchcaffe as caffe
from layerhint.errors import LayerhintError
from torchcaffe.data.db import DatumReader
from torchcaffe.data.transformer import DataTransformer
from torchcaffe.net_state import filter_net
from torchcaffe.proto.caffe_pb2 import LayerParameter
from torchcaffe.proto.text import read_net

Array = npt.NDArray[Any]


def data_layer(test_net: Path) -> LayerParameter:
    """The Data layer of a test net: its LMDB, and what is done to its images.

    Raises LayerhintError for a net without one, and for a preparation that differs from image to image.
    """
    param = read_net(test_net)
    param.state.phase = caffe.TEST
    layers = [layer for layer in filter_net(param).layer if layer.type == "Data"]
    if len(layers) != 1:
        raise LayerhintError(
            f"{test_net} has {len(layers)} Data layers in its TEST phase: expected one, which names the LMDB with "
            "the test images"
        )
    if layers[0].transform_param.mirror:
        raise LayerhintError(
            f"{test_net}: layer '{layers[0].name}' mirrors images at random: remove that from the test net"
        )
    return layers[0]


@dataclass(frozen=True)
class LabelledBatch:
    """Images as the net takes them, float32 (N, C, H, W), the same as they are stored, and their labels (N,)."""

    prepared: Array
    stored: Array
    labels: Array


class DataLayerImages:
    """The images of a test net's LMDB, prepared by its Data layer; `batch_size` is the layer's.

    Raises:
        LayerhintError: as `data_layer` does.
        CaffeError: an LMDB or a mean file that cannot be read.
    """

    def __init__(self, test_net: Path) -> None:
        layer = data_layer(test_net)
        param = layer.transform_param
        self._source, self._where = layer.data_param.source, f"{test_net}, layer '{layer.name}'"
        self._color = True if param.force_color else False if param.force_gray else None
        self._transformer = DataTransformer(param, caffe.TEST, self._where)
        self._stored = len(self._reader())
        self.batch_size = layer.data_param.batch_size

    def __len__(self) -> int:
        return self._stored

    def batches(self, size: int, count: int) -> Iterator[LabelledBatch]:
        """The `count` images that a test sees: in the LMDB's order, beginning again where it ends; at most `size` at a
        time."""
        reader = self._reader()
        for start in range(0, count, size):
            batch = reader.read(min(size, count - start))
            prepared = self._transformer.transform(batch.images)
            yield LabelledBatch(prepared, batch.images, batch.labels.astype(np.int64))

    def _reader(self) -> DatumReader:
        return DatumReader(self._source, self._where, self._color)
