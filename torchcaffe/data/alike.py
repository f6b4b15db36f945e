"""Serialised Datums that differ in their pixels and labels alone, taken apart all at once."""

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

    None if one of them is anything else, damaged or written in another order: protobuf is to judge it then.

    A message that is cut between two fields is two messages, which together say the same. So these Datums begin with
    the same bytes up to their pixels, and what comes after these is a Datum that has a label alone.
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
    """What comes before the pixels: the shape, then how many bytes of data there are."""
    channels, height, width = shape
    size = prod(shape)
    whole = caffe_pb2.Datum(channels=channels, height=height, width=width, data=bytes(size)).SerializeToString()
    return whole[:-size]


@lru_cache(maxsize=4096)
def _label(end: bytes) -> int | None:
    """The label that a Datum's end gives; None if it gives anything else, or cannot be read."""
    datum = caffe_pb2.Datum()
    try:
        datum.ParseFromString(end)
    except DecodeError:
        return None
    names = {field.name for field, _ in datum.ListFields()}
    return None if names - {"label", "encoded"} or datum.encoded else datum.label
