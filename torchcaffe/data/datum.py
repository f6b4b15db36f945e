"""Datums: one labelled image each, as Caffe's databases hold them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from google.protobuf.message import DecodeError

from torchcaffe.data.encoded import decode_image
from torchcaffe.errors import DataError
from torchcaffe.proto import caffe_pb2

Image = npt.NDArray[np.uint8] | npt.NDArray[np.float32]


@dataclass(frozen=True)
class LabelledImage:
    """An image (C, H, W), bytes or float32, and its label."""

    image: Image
    label: int


def parse_datum(value: bytes | memoryview, color: bool | None = None) -> LabelledImage:
    """The image and label of a serialised Datum; `color` says how to decode one that holds a PNG or JPEG.

    Raises:
        ValueError: it is no Datum, cannot be decoded, or its pixels are not C x H x W many. The message says
            what is wrong, for the caller to say where.

    Source: Caffe 1.0, `src/caffe/data_transformer.cpp`: `data` counts before `float_data`.
    """
    datum = caffe_pb2.Datum()
    try:
        datum.ParseFromString(value)  # type: ignore[arg-type]  # It takes any buffer.
    except DecodeError:
        raise ValueError("the value is not a Datum") from None
    if datum.encoded:
        return LabelledImage(_decoded(datum.data, color), datum.label)
    shape = (datum.channels, datum.height, datum.width)
    pixels: npt.NDArray[Any] = (
        np.frombuffer(datum.data, dtype=np.uint8) if datum.data else np.array(datum.float_data, dtype=np.float32)
    )
    if min(shape) < 1 or pixels.size != shape[0] * shape[1] * shape[2]:
        raise ValueError(
            f"it has {pixels.size} values for an image of {shape[0]} x {shape[1]} x {shape[2]} "
            "(channels, height, width)"
        )
    return LabelledImage(pixels.reshape(shape), datum.label)


def _decoded(data: bytes, color: bool | None) -> Image:
    try:
        return decode_image(data, color)
    except DataError as error:
        raise ValueError(str(error)) from None
