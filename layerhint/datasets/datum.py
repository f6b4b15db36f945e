"""Rows of an image database: the key and the serialised Datum of an image, many at a time.

All records of a database have one size, so the bytes that protobuf would write are the same for each record
except for the pixels and the label; they are written once, and the rest is array copies.
Wire format: https://protobuf.dev/programming-guides/encoding/, Datum's field numbers are Caffe 1.0's.
"""

import numpy as np

from layerhint.datasets.descriptor import Bytes

KEY_DIGITS = 8
_CHANNELS, _HEIGHT, _WIDTH, _DATA, _LABEL = 1, 2, 3, 4, 5
_VARINT, _LENGTH_DELIMITED = 0, 2
_MAX_LABEL = 127


def datum_rows(first: int, images: Bytes, labels: Bytes) -> Bytes:
    """Rows uint8 (N, 8 + length of a Datum): the key, `first` + n in 8 decimal digits, then the Datum.

    `images` is uint8 (N, C, H, W), `labels` uint8 (N,), below 128 so that a label is one byte.
    Raises ValueError for a larger label or a key of more than 8 digits.
    """
    count = len(images)
    if labels.size and labels.max() > _MAX_LABEL:
        raise ValueError(f"label {labels.max()} takes more than one byte in a Datum")
    if first + count > 10**KEY_DIGITS:
        raise ValueError(f"{first + count} records need keys of more than {KEY_DIGITS} digits")
    prefix = _prefix(*images.shape[1:])
    pixels = KEY_DIGITS + len(prefix)
    length = images[0].size if count else 0
    rows = np.empty((count, pixels + length + 2), np.uint8)
    rows[:, :KEY_DIGITS] = _keys(first, count)
    rows[:, KEY_DIGITS:pixels] = np.frombuffer(prefix, np.uint8)
    rows[:, pixels:-2] = images.reshape(count, length)
    rows[:, -2] = _tag(_LABEL, _VARINT)[0]
    rows[:, -1] = labels
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
