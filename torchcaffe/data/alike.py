"""Parses many serialised Datums at once, if they differ only in their pixels and labels."""

from collections.abc import Sequence
from functools import lru_cache
from math import prod

import numpy as np
import numpy.typing as npt
from google.protobuf.message import DecodeError

from torchcaffe.proto import caffe_pb2

_LONGEST_END = 16
"""Bytes after the pixels: up to 11 of a label, 2 of an `encoded` that is false."""


def split_alike(
    values: Sequence[bytes | memoryview], shape: tuple[int, int, int]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32]] | None:
    """Images (N, C, H, W) and labels (N,) of Datums that hold bytes of one shape (C, H, W).

    None if one of them is anything else, damaged or written in another order: then protobuf must parse it.

    A serialised message that is cut between two fields gives two messages, which together have the same fields. So all
    these Datums start with the same bytes, up to the pixels, and the bytes after the pixels are a Datum with a label.
    """
    size = prod(shape)
    begin = _begin(shape)
    start, end = len(begin), len(begin) + size
    lengths = set(map(len, values))
    if min(lengths) < end or max(lengths) > end + _LONGEST_END:
        return None
    if b"".join([value[:start] for value in values]) != begin * len(values):
        return None
    labels = [_label(bytes(value[end:])) for value in values]
    if None in labels:
        return None
    pixels = bytearray().join([value[start:end] for value in values])
    images = np.frombuffer(pixels, dtype=np.uint8).reshape(len(values), *shape)
    return images, np.array(labels, dtype=np.float32)


@lru_cache(maxsize=64)
def _begin(shape: tuple[int, int, int]) -> bytes:
    """The bytes before the pixels: the shape, then the number of bytes of data."""
    channels, height, width = shape
    size = prod(shape)
    whole = caffe_pb2.Datum(channels=channels, height=height, width=width, data=bytes(size)).SerializeToString()
    return whole[:-size]


@lru_cache(maxsize=4096)
def _label(end: bytes) -> int | None:
    """The label in the bytes after the pixels; None if they hold anything else, or cannot be read."""
    datum = caffe_pb2.Datum()
    try:
        datum.ParseFromString(end)
    except DecodeError:
        return None
    names = {field.name for field, _ in datum.ListFields()}
    return None if names - {"label", "encoded"} or datum.encoded else datum.label
