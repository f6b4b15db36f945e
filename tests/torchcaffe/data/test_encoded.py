"""Encoded images: channel order and count as OpenCV gives them to Caffe. The PNG files are written out by
hand.
"""

import builtins
import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from torchcaffe.data.encoded import decode_image
from torchcaffe.errors import DataError

GREY, COLOUR, GREY_ALPHA, COLOUR_ALPHA = 0, 2, 4, 6  # PNG specification, colour types


def png(rows: list[list[tuple[int, ...]]], colour_type: int, depth: int = 8) -> bytes:
    """A PNG file of these pixels: signature, IHDR, IDAT with filter 0 before each row, IEND."""
    lines = b"".join(
        b"\0" + b"".join(value.to_bytes(depth // 8, "big") for pixel in row for value in pixel) for row in rows
    )
    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), depth, colour_type, 0, 0, 0)
    file = b"\x89PNG\r\n\x1a\n"
    for name, body in ((b"IHDR", header), (b"IDAT", zlib.compress(lines)), (b"IEND", b"")):
        file += struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    return file


COLOURS = png([[(1, 2, 3), (4, 5, 6), (7, 8, 9)], [(10, 20, 30), (40, 50, 60), (70, 80, 90)]], COLOUR)
GREYS = png([[(1,), (2,), (3,)], [(40,), (50,), (60,)]], GREY)
BLUE_FIRST = [
    [[3, 6, 9], [30, 60, 90]],
    [[2, 5, 8], [20, 50, 80]],
    [[1, 4, 7], [10, 40, 70]],
]


@pytest.mark.parametrize("color", [None, True])
def test_colour_comes_blue_first(color: bool | None) -> None:
    pixels = decode_image(COLOURS, color)
    assert pixels.dtype == np.uint8
    assert pixels.flags.c_contiguous
    assert pixels.tolist() == BLUE_FIRST


def test_grey_stays_one_channel_unless_colour_is_forced() -> None:
    greys = [[1, 2, 3], [40, 50, 60]]
    assert decode_image(GREYS).tolist() == [greys]
    assert decode_image(GREYS, False).tolist() == [greys]
    assert decode_image(GREYS, True).tolist() == [greys] * 3


def test_forced_grey_weighs_the_colours_by_luma() -> None:
    # ITU-R BT.601: 0.299 * 70 + 0.587 * 80 + 0.114 * 90 = 78.15
    grey = decode_image(COLOURS, False)
    assert grey.shape == (1, 2, 3)
    assert grey[0, 1, 2] == 78


def test_alpha_is_a_fourth_channel_unless_colour_is_forced() -> None:
    file = png([[(1, 2, 3, 4)]], COLOUR_ALPHA)
    assert decode_image(file).ravel().tolist() == [3, 2, 1, 4]
    assert decode_image(file, True).ravel().tolist() == [3, 2, 1]
    assert decode_image(png([[(9, 4)]], GREY_ALPHA)).ravel().tolist() == [9, 9, 9, 4]


def test_jpeg_is_read_too() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (8, 16), (250, 120, 30)).save(buffer, "JPEG", quality=95)
    pixels = decode_image(buffer.getvalue())
    assert pixels.shape == (3, 16, 8)
    # One colour survives JPEG within the rounding of its colour conversion.
    assert np.abs(pixels[:, 0, 0].astype(int) - [30, 120, 250]).max() <= 3


@pytest.mark.parametrize("data", [b"", b"not an image", COLOURS[:60], COLOURS.replace(b"IDAT", b"IDAX")])
def test_damaged_images_are_refused(data: bytes) -> None:
    with pytest.raises(DataError, match=f"an encoded image of {len(data)} bytes cannot be decoded"):
        decode_image(data)


def test_sixteen_bits_are_refused() -> None:
    with pytest.raises(DataError, match="more than 8 bits"):
        decode_image(png([[(1,), (2,)]], GREY, depth=16))


def test_without_pillow_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def no_pillow(name: str, *rest: object) -> object:
        if name == "PIL":
            raise ImportError(name)
        return real_import(name, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", no_pillow)
    with pytest.raises(DataError, match="pip install pillow"):
        decode_image(COLOURS)
