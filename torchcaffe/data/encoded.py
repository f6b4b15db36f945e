"""Images that a database holds as PNG or JPEG files, decoded as Caffe gets them from OpenCV.

Source: Caffe 1.0, `DecodeDatumToCVMat` and `DecodeDatumToCVMatNative` in `src/caffe/util/io.cpp`. PNG is
exact; two JPEG decoders may differ by a level or two, and so may their conversions from colour to grey.
"""

import numpy as np
import numpy.typing as npt

from torchcaffe.data.images import open_image
from torchcaffe.errors import DataError


def decode_image(data: bytes, color: bool | None = None) -> npt.NDArray[np.uint8]:
    """The image in `data` as bytes (C, H, W): channels blue, green, red, and alpha if there is one; or grey.

    `color` None keeps the file's own channels, as Caffe does by default; True is `force_color`, False is
    `force_gray`. Raises DataError for what is no image of 8 bits a channel, and where Pillow, which decodes
    it, is absent.
    """
    with open_image(data) as image:
        _check_depth(image.mode)
        pixels = np.asarray(image.convert(_target_mode(image.mode, "transparency" in image.info, color)))
    if pixels.ndim == 2:
        return pixels[np.newaxis].copy()
    blue_first = [2, 1, 0, 3][: pixels.shape[2]]
    return np.ascontiguousarray(pixels[:, :, blue_first].transpose(2, 0, 1))


def _check_depth(mode: str) -> None:
    if mode.startswith(("I", "F")):
        raise DataError(f"an encoded image has more than 8 bits a channel (mode {mode}), and Caffe reads bytes only")


def _target_mode(mode: str, transparency: bool, color: bool | None) -> str:
    if color is not None:
        return "RGB" if color else "L"
    if mode in ("RGBA", "LA", "PA") or transparency:
        return "RGBA"
    return "L" if mode in ("1", "L") else "RGB"
