"""Image files of every kind as arrays; the expected pixels are drawn by hand."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from image_folders import save
from PIL import Image

from layerhint.datasets.own.fit_image import fit_image
from layerhint.errors import LayerhintError


@pytest.fixture
def wide(tmp_path: Path) -> Path:
    """8 x 4 pixels: the left half black, the right half white; its first and last column grey."""
    image = np.zeros((4, 8), np.uint8)
    image[:, 4:] = 255
    image[:, [0, 7]] = 100
    return save(tmp_path / "wide.png", image)


def test_crop_takes_the_middle_square(wide: Path) -> None:
    assert fit_image(wide, 1, 4, "crop", "rgb").tolist() == [[[0, 0, 255, 255]] * 4]


def test_stretch_takes_the_whole(wide: Path) -> None:
    rows = fit_image(wide, 1, 4, "stretch", "rgb")[0]
    assert (rows == rows[0]).all()
    # Each of the four is a mean over two columns and, with smaller weights, their neighbours: grey and black first.
    assert 0 < rows[0, 0] < 100
    assert rows[0, 1] < 64
    assert rows[0, 2] > 191
    assert 100 < rows[0, 3] < 255


def test_none_takes_it_as_it_is_or_not_at_all(tmp_path: Path, wide: Path) -> None:
    image = np.arange(3 * 4 * 4, dtype=np.uint8).reshape(3, 4, 4)
    assert np.array_equal(fit_image(save(tmp_path / "a.png", image), 3, 4, "none", "rgb"), image)
    with pytest.raises(
        LayerhintError, match=r"wide\.png is 8 x 4 pixels, and the protocol's images are 4 x 4: .*`fit:"
    ):
        fit_image(wide, 1, 4, "none", "rgb")


def test_larger_and_smaller_images_are_resized(tmp_path: Path) -> None:
    image = np.broadcast_to(np.array([[[10]], [[200]], [[30]]], np.uint8), (3, 21, 13))
    for size in (5, 40):
        fitted = fit_image(save(tmp_path / "a.bmp", image), 3, size, "crop", "rgb")
        assert fitted.shape == (3, size, size)
        assert (fitted == image[:, :1, :1]).all()


def test_the_order_of_the_channels(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", np.broadcast_to(np.array([[[1]], [[2]], [[3]]], np.uint8), (3, 4, 4)))
    assert fit_image(path, 3, 4, "crop", "rgb")[:, 0, 0].tolist() == [1, 2, 3]
    assert fit_image(path, 3, 4, "crop", "bgr")[:, 0, 0].tolist() == [3, 2, 1]


def test_one_channel_is_the_luminance(tmp_path: Path) -> None:
    path = save(tmp_path / "a.png", np.broadcast_to(np.array([[[200]], [[100]], [[50]]], np.uint8), (3, 4, 4)))
    # 0.299 * 200 + 0.587 * 100 + 0.114 * 50 = 124.2
    assert (fit_image(path, 1, 4, "crop", "rgb") == 124).all()
    grey = save(tmp_path / "grey.png", np.full((4, 4), 77, np.uint8))
    assert (fit_image(grey, 3, 4, "crop", "rgb") == 77).all()


@pytest.mark.parametrize("ending", ["gif", "tiff", "ppm", "bmp", "webp"])
def test_other_formats(tmp_path: Path, ending: str) -> None:
    image = np.zeros((3, 6, 6), np.uint8)
    image[0, :, 3:] = 255
    options = {"lossless": True} if ending == "webp" else {}
    assert np.array_equal(fit_image(save(tmp_path / f"a.{ending}", image, **options), 3, 6, "crop", "rgb"), image)


def test_a_photograph_is_turned_upright(tmp_path: Path) -> None:
    image = np.zeros((1, 16, 16), np.uint8)
    image[:, :8] = 255  # white above
    exif = Image.Exif()
    exif[0x0112] = 3  # Orientation: taken upside down
    path = tmp_path / "a.jpg"
    Image.fromarray(image[0]).save(path, exif=exif, quality=100)
    fitted = fit_image(path, 1, 16, "crop", "rgb")[0]
    assert fitted[:7].max() < 10
    assert fitted[9:].min() > 245


def test_what_is_transparent_becomes_black(tmp_path: Path) -> None:
    image = np.full((4, 4, 4), 255, np.uint8)
    image[3, :, :2] = 0
    fitted = fit_image(save(tmp_path / "a.png", image), 3, 4, "crop", "rgb")
    assert (fitted[:, :, :2] == 0).all()
    assert (fitted[:, :, 2:] == 255).all()


def test_16_bits_are_refused(tmp_path: Path) -> None:
    path = save(tmp_path / "deep.png", np.full((4, 4), 40000, np.uint16))
    with pytest.raises(LayerhintError, match=r"deep\.png has more than 8 bits a value \(mode I;16\): convert it"):
        fit_image(path, 1, 4, "crop", "rgb")


def deep_png(path: Path, colours: int, channels: int) -> Path:
    """A PNG of 2 x 2 pixels with 16 bits a value, all 257. Source: the PNG specification, sections 5 and 11."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 2, 2, 16, colours, 0, 0, 0)
    rows = (b"\0" + b"\1\1" * channels * 2) * 2
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)
    return path


def deep_tiff(path: Path, order: str) -> Path:
    """A TIFF of 2 x 2 RGB pixels with 16 bits a value, all 257. Source: TIFF 6.0, sections 2 and 6."""
    tags = {256: 2, 257: 2, 258: (16, 16, 16), 259: 1, 262: 2, 273: None, 277: 3, 278: 2, 279: 24}
    behind = 8 + 2 + 12 * len(tags) + 4  # Bits of three values, which an entry has no room for; then the pixels.
    entries = b""
    for tag, value in tags.items():
        if isinstance(value, tuple):
            entries += struct.pack(f"{order}HHII", tag, 3, 3, behind)
        else:
            entries += struct.pack(f"{order}HHII", tag, 4, 1, behind + 6 if value is None else value)
    start = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}HIH", 42, 8, len(tags))
    path.write_bytes(start + entries + bytes(4) + struct.pack(f"{order}3H", 16, 16, 16) + b"\1\1" * 12)
    return path


@pytest.mark.parametrize(("colours", "channels"), [(2, 3), (4, 2), (6, 4)])  # RGB, grey with alpha, RGB with alpha
def test_16_bits_of_a_coloured_png_are_refused(tmp_path: Path, colours: int, channels: int) -> None:
    path = deep_png(tmp_path / "deep.png", colours, channels)
    with Image.open(path) as image:
        assert np.asarray(image).dtype == np.uint8, "Pillow says nothing"
    with pytest.raises(LayerhintError, match=r"deep\.png has more than 8 bits a value \(16 bits\): convert it to 8"):
        fit_image(path, 3, 4, "crop", "rgb")


@pytest.mark.parametrize("order", ["<", ">"])
def test_16_bits_of_a_coloured_tiff_are_refused(tmp_path: Path, order: str) -> None:
    path = deep_tiff(tmp_path / "deep.tif", order)
    with Image.open(path) as image:
        assert (np.asarray(image) == 1).all(), "Pillow says nothing"
    with pytest.raises(LayerhintError, match=r"deep\.tif has more than 8 bits a value \(16 bits\): convert it to 8"):
        fit_image(path, 3, 4, "crop", "rgb")


@pytest.mark.parametrize("ending", ["png", "tiff"])
@pytest.mark.parametrize("mode", ["1", "P", "L", "LA", "RGBA"])
def test_8_bits_and_fewer_are_taken(tmp_path: Path, mode: str, ending: str) -> None:
    image = Image.new("RGB", (4, 4), (255, 255, 255)).convert(mode)
    image.save(tmp_path / f"a.{ending}")
    assert (fit_image(tmp_path / f"a.{ending}", 3, 4, "crop", "rgb") == 255).all()


def test_what_is_no_image_or_half_of_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not an image")
    whole = save(tmp_path / "whole.png", np.random.default_rng(0).integers(0, 256, (3, 32, 32), dtype=np.uint8))
    (tmp_path / "half.png").write_bytes(whole.read_bytes()[:1000])
    for name in ("notes.txt", "half.png"):
        with pytest.raises(LayerhintError, match=rf"{name} cannot be read as an image .*: take it away, or replace it"):
            fit_image(tmp_path / name, 3, 32, "crop", "rgb")
    with pytest.raises(LayerhintError, match=r"cannot read .*absent\.png: no such file"):
        fit_image(tmp_path / "absent.png", 3, 32, "crop", "rgb")
