"""Opens image files with Pillow: refuses sizes that do not fit, and turns all errors of its decoders into one."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from torchcaffe.errors import CaffeError, DataError
from torchcaffe.memory import check_memory

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PIXELS = 2**26
"""64 million: a few hundred bytes can ask for any number, and no data set of photographs has larger ones."""
_BYTES_A_PIXEL = 16
"""What decoding and converting takes at most, in all."""


@contextmanager
def open_image(data: bytes) -> Iterator["Image"]:
    """A context with the image in `data`, loaded; inside, only convert it: any error counts as a damaged image.

    Raises DataError for what is no image, is damaged, has too many pixels or fits into no memory, and where Pillow,
    which decodes it, is absent.
    """
    try:
        from PIL import Image as Pillow
    except ImportError as error:
        raise DataError(
            "there are encoded images, and Pillow, which decodes them, is not installed: run `pip install pillow`, or "
            "write the database without -encoded"
        ) from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Pillow.DecompressionBombWarning)
            with Pillow.open(io.BytesIO(data)) as image:
                _check_size(*image.size)
                image.load()
                yield image
    except CaffeError:
        raise
    except Exception as error:  # The decoders of some formats raise whatever their parsing meets.
        raise DataError(
            f"an encoded image of {len(data)} bytes cannot be decoded: {error or type(error).__name__}"
        ) from error


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise DataError(f"an encoded image has {width} x {height} pixels, and at most {MAX_PIXELS} are read")
    check_memory(width * height * _BYTES_A_PIXEL, f"an image of {width} x {height} pixels", DataError)
