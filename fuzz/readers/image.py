"""An image file, read by each function that takes one."""

import io
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from fuzz.reader import OWN_ERRORS, Reader
from layerhint.datasets.own.fit_image import fit_image
from torchcaffe.data.encoded import decode_image
from torchcaffe.io import load_image

_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "TGA", "ICO", "PCX", "SGI", "DDS", "JPEG2000")


def encoded() -> Iterator[bytes]:
    """A small image in the formats that people have."""
    pixels = np.arange(8 * 6 * 3, dtype=np.uint8).reshape(6, 8, 3)
    for image in (Image.fromarray(pixels), Image.fromarray(pixels[:, :, 0]), Image.fromarray(pixels).convert("P")):
        for kind in _FORMATS:
            buffer = io.BytesIO()
            try:
                image.save(buffer, kind)
            except (OSError, KeyError, ValueError):
                continue
            yield buffer.getvalue()
    for deep in (np.arange(48, dtype=np.uint16).reshape(6, 8), np.arange(48, dtype=np.float32).reshape(6, 8)):
        buffer = io.BytesIO()
        Image.fromarray(deep).save(buffer, "TIFF")
        yield buffer.getvalue()


class ImageReader(Reader):
    def seeds(self) -> Iterable[bytes]:
        return encoded()

    def read(self, data: bytes) -> None:
        """Tries all ways; raises the last error of the project's own, and any other error at once."""
        file = self.file(data, "image")
        refused: Exception | None = None
        for way in _ways(data, file):
            try:
                way()
            except OWN_ERRORS as error:
                refused = error
        if refused is not None:
            raise refused


def _ways(data: bytes, file: Path) -> list[Callable[[], object]]:
    return [
        lambda: decode_image(data),
        lambda: decode_image(data, True),
        lambda: fit_image(file, 3, 4, "crop", "rgb"),
        lambda: fit_image(file, 1, 4, "stretch", "bgr"),
        lambda: load_image(file),
    ]
