"""Images that ask for more than they are."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from torchcaffe import memory
from torchcaffe.data.encoded import decode_image
from torchcaffe.data.images import open_image
from torchcaffe.errors import DataError


def png(width: int, height: int) -> bytes:
    """The head of a PNG of this size, without its pixels: 60 bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def test_an_image_of_too_many_pixels_is_refused() -> None:
    with pytest.raises(DataError, match="an encoded image has 12000 x 10000 pixels, and at most 67108864 are read"):
        decode_image(png(12000, 10000))


def test_an_image_that_fits_into_no_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available", lambda: 100 << 20)
    with pytest.raises(DataError, match=r"an image of 6000 x 6000 pixels would take 0\.5 GiB of memory"):
        decode_image(png(6000, 6000))


def test_what_a_decoder_raises_is_one_error() -> None:
    """A DDS whose pixel format Pillow does not know: NotImplementedError."""
    buffer = io.BytesIO()
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(buffer, "DDS")
    data = bytearray(buffer.getvalue())
    data[80:84] = (8).to_bytes(4, "little")
    with pytest.raises(DataError, match="cannot be decoded"), open_image(bytes(data)):
        pass
