"""An image file of any size and format as the array that a net takes."""

from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image, ImageOps
from PIL.TiffImagePlugin import BITSPERSAMPLE, TiffImageFile

from layerhint.datasets.images import Bytes
from layerhint.errors import LayerhintError
from torchcaffe.data.images import open_image
from torchcaffe.errors import CaffeError
from torchcaffe.files import read_bytes

Fit = Literal["crop", "stretch", "none"]
Order = Literal["rgb", "bgr"]

_MODES = {1: "L", 3: "RGB"}
_MAX_BYTES = 2**30
_DEEP = ("I", "F")
_BITS = 8


def fit_image(path: Path, channels: int, size: int, fit: Fit, order: Order) -> Bytes:
    """The image uint8 (channels, size, size); `order` is that of the three channels.

    - crop: the middle square of the image, resized; stretch: the whole image, resized; none: it must have that size.
    - Resizing is linear and averages over what it shrinks. A photograph is turned upright as its EXIF entry says.
    - One channel is the luminance Y = 0.299 R + 0.587 G + 0.114 B (ITU-R 601-2). Transparent parts become black.
      Of an animation the first image is taken.

    Raises LayerhintError for a file that cannot be read as an image, for one with more than 8 bits a value (PNG, TIFF,
    or another format that Pillow opens so), and with fit `none` for one of another size.
    """
    image = _read(path, _MODES[channels])
    if fit == "none" and image.size != (size, size):
        width, height = image.size
        raise LayerhintError(
            f"{path} is {width} x {height} pixels, and the protocol's images are {size} x {size}: resize it, or let "
            "the protocol's source say `fit: crop` or `fit: stretch`"
        )
    linear = Image.Resampling.BILINEAR
    image = ImageOps.fit(image, (size, size), linear) if fit == "crop" else image.resize((size, size), linear)
    pixels = np.asarray(image).reshape(size, size, channels).transpose(2, 0, 1)
    return pixels[::-1] if order == "bgr" else pixels


def _read(path: Path, mode: str) -> Image.Image:
    try:
        content = read_bytes(path, _MAX_BYTES)
    except CaffeError as error:
        raise LayerhintError(str(error)) from None
    try:
        with open_image(content) as image:
            depth = _too_deep(image, content)
            flat = None if depth else _flat(ImageOps.exif_transpose(image), mode)
    except CaffeError as error:
        raise LayerhintError(f"{path} cannot be read as an image ({error}): take it away, or replace it") from None
    if flat is None:
        raise LayerhintError(f"{path} has more than 8 bits a value ({depth}): convert it to 8 bits")
    return flat


def _too_deep(image: Image.Image, content: bytes) -> str:
    """What shows that a value has more than 8 bits, or "": Pillow's mode or, where Pillow would silently keep the high
    byte, the file."""
    if image.mode.startswith(_DEEP):
        return f"mode {image.mode}"
    bits = _bits(image, content)
    return f"{bits} bits" if bits > _BITS else ""


def _bits(image: Image.Image, content: bytes) -> int:
    """The bits of a value in a PNG or TIFF file; of other formats 8."""
    if image.format == "PNG":
        return content[content.index(b"IHDR") + 12]  # Behind the chunk's type, the width and the height.
    if isinstance(image, TiffImageFile):
        of_samples: tuple[int, ...] = image.tag_v2.get(BITSPERSAMPLE, (1,))
        return max(of_samples)
    return _BITS


def _flat(image: Image.Image, mode: str) -> Image.Image:
    """The image over black, in a mode without transparency."""
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, (0, 0, 0, 255)), image)
    return image.convert(mode)
