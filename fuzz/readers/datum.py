"""A Datum: pixels, floats, or an encoded image."""

from collections.abc import Iterable

import numpy as np

from fuzz.reader import Reader
from fuzz.readers.image import encoded
from torchcaffe import io
from torchcaffe.data.datum import parse_datum
from torchcaffe.errors import DataError
from torchcaffe.proto import caffe_pb2


class DatumReader(Reader):
    """By contract `parse_datum` raises ValueError for a bad Datum, and its caller turns it into a DataError."""

    def seeds(self) -> Iterable[bytes]:
        image = np.arange(30, dtype=np.uint8).reshape(3, 2, 5)
        yield io.array_to_datum(image, 7).SerializeToString()
        yield io.array_to_datum(image.astype(np.float32), -1).SerializeToString()
        for content in encoded():
            yield caffe_pb2.Datum(encoded=True, data=content, label=3).SerializeToString()

    def read(self, data: bytes) -> None:
        for color in (None, True, False):
            try:
                parse_datum(data, color)
            except ValueError as error:
                raise DataError(str(error)) from error
