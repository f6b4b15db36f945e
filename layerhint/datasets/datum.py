"""Rows of an image database: the key and the serialised Datum of an image, many at a time.

All records of a database have one size, so the bytes that protobuf would write are the same for each record
except for the pixels and the label; they are written once, and the rest is array copies. If a label of a batch is 128
or more and so takes two bytes as a varint, smaller labels take two as well, with a high byte of 0, which every reader
accepts.
Wire format: https://protobuf.dev/programming-guides/encoding/, Datum's field numbers are Caffe 1.0's.
"""

import numpy as np

from layerhint.datasets.images import Bytes, Labels

KEY_DIGITS = 8
_CHANNELS, _HEIGHT, _WIDTH, _DATA, _LABEL = 1, 2, 3, 4, 5
_VARINT, _LENGTH_DELIMITED = 0, 2
_ONE_BYTE = 1 << 7
MAX_CLASSES = 1 << 14
"""Labels below this fit the two bytes that a row has for them."""


def datum_rows(first: int, images: Bytes, labels: Labels) -> Bytes:
    """Rows uint8 (N, 8 + length of a Datum): the key, `first` + n in 8 decimal digits, then the Datum.

    `images` is uint8 (N, C, H, W), `labels` unsigned (N,), below `MAX_CLASSES`.
    Raises ValueError for a larger label or a key of more than 8 digits.
    """
    count = len(images)
    largest = int(labels.max()) if labels.size else 0
    if largest >= MAX_CLASSES:
        raise ValueError(f"label {largest} takes more than two bytes in a Datum")
    if first + count > 10**KEY_DIGITS:
        raise ValueError(f"{first + count} records need keys of more than {KEY_DIGITS} digits")
    prefix = _prefix(*images.shape[1:])
    pixels = KEY_DIGITS + len(prefix)
    length = images[0].size if count else 0
    tail = _label_field(labels, 1 if largest < _ONE_BYTE else 2)
    rows = np.empty((count, pixels + length + tail.shape[1]), np.uint8)
    rows[:, :KEY_DIGITS] = _keys(first, count)
    rows[:, KEY_DIGITS:pixels] = np.frombuffer(prefix, np.uint8)
    rows[:, pixels : pixels + length] = images.reshape(count, length)
    rows[:, pixels + length :] = tail
    return rows


def pad_images(images: Bytes, pad: int) -> Bytes:
    """Images (N, C, H + 2 pad, W + 2 pad) with `pad` zero pixels on each side."""
    if not pad:
        return images
    count, channels, height, width = images.shape
    padded = np.zeros((count, channels, height + 2 * pad, width + 2 * pad), np.uint8)
    padded[:, :, pad:-pad, pad:-pad] = images
    return padded


def _keys(first: int, count: int) -> Bytes:
    numbers = np.arange(first, first + count)
    powers = 10 ** np.arange(KEY_DIGITS - 1, -1, -1)
    return (numbers[:, None] // powers % 10 + ord("0")).astype(np.uint8)


def _label_field(labels: Labels, size: int) -> Bytes:
    """Rows of the label's tag and of its varint, seven bits a byte, the lowest first, in `size` bytes."""
    field = np.empty((len(labels), 1 + size), np.uint8)
    field[:, 0] = _tag(_LABEL, _VARINT)[0]
    for i in range(size):
        more = _ONE_BYTE if i < size - 1 else 0
        field[:, 1 + i] = labels >> 7 * i & 127 | more
    return field


def _prefix(channels: int, height: int, width: int) -> bytes:
    return b"".join(
        (
            _tag(_CHANNELS, _VARINT) + _varint(channels),
            _tag(_HEIGHT, _VARINT) + _varint(height),
            _tag(_WIDTH, _VARINT) + _varint(width),
            _tag(_DATA, _LENGTH_DELIMITED) + _varint(channels * height * width),
        )
    )


def _tag(field: int, wire_type: int) -> bytes:
    return _varint(field << 3 | wire_type)


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 127:
        encoded.append(value & 127 | 128)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
