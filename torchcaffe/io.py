"""Arrays to and from messages, and images to and from arrays."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from torchcaffe.data.images import open_image
from torchcaffe.errors import DataError
from torchcaffe.files import read_bytes, read_stream
from torchcaffe.proto import caffe_pb2
from torchcaffe.pycaffe.resize import resize_image
from torchcaffe.pycaffe.transformer import Transformer

__all__ = [
    "Transformer",
    "array_to_blobproto",
    "array_to_datum",
    "arraylist_to_blobprotovector_str",
    "blobproto_to_array",
    "blobprotovector_str_to_arraylist",
    "datum_to_array",
    "load_image",
    "oversample",
    "resize_image",
]

Array = npt.NDArray[Any]

MAX_IMAGE_BYTES = 2**30
_GRAY = (0.2125, 0.7154, 0.0721)  # Of red, green and blue: luminance by ITU-R BT.709.


def blobproto_to_array(blob: caffe_pb2.BlobProto, return_diff: bool = False) -> Array:
    """A message's data, or its diff, in its shape. `ValueError` where shape and count do not agree."""
    doubles, floats = (blob.double_diff, blob.diff) if return_diff else (blob.double_data, blob.data)
    values = np.array(doubles if len(doubles) else floats, np.float64)
    if any(blob.HasField(axis) for axis in ("num", "channels", "height", "width")):
        return values.reshape(blob.num, blob.channels, blob.height, blob.width)
    return values.reshape(tuple(blob.shape.dim))


def array_to_blobproto(arr: Array, diff: Array | None = None) -> caffe_pb2.BlobProto:
    """An array, and its diff if there is one, as a message."""
    blob = caffe_pb2.BlobProto(data=arr.astype(np.float32).ravel())
    blob.shape.dim.extend(arr.shape)
    if diff is not None:
        blob.diff.extend(diff.astype(np.float32).ravel())
    return blob


def arraylist_to_blobprotovector_str(arraylist: Iterable[Array]) -> bytes:
    """Arrays as the bytes of a BlobProtoVector."""
    return caffe_pb2.BlobProtoVector(blobs=map(array_to_blobproto, arraylist)).SerializeToString()


def blobprotovector_str_to_arraylist(data: bytes) -> list[Array]:
    """The arrays in the bytes of a BlobProtoVector."""
    return [blobproto_to_array(blob) for blob in caffe_pb2.BlobProtoVector.FromString(data).blobs]


def array_to_datum(arr: Array, label: int | None = None) -> caffe_pb2.Datum:
    """An image (C, H, W) as a Datum: uint8 values as bytes, others as floats."""
    if arr.ndim != 3:
        raise ValueError(f"a Datum holds an array (C, H, W), got the shape {arr.shape}")
    datum = caffe_pb2.Datum(channels=arr.shape[0], height=arr.shape[1], width=arr.shape[2])
    if arr.dtype == np.uint8:
        datum.data = arr.tobytes()
    else:
        datum.float_data.extend(arr.astype(np.float32).ravel())
    if label is not None:
        datum.label = label
    return datum


def datum_to_array(datum: caffe_pb2.Datum) -> Array:
    """A Datum's image (C, H, W): uint8, or float64 where it holds floats."""
    shape = (datum.channels, datum.height, datum.width)
    if datum.data:
        return np.frombuffer(datum.data, np.uint8).reshape(shape).copy()
    return np.array(datum.float_data, np.float64).reshape(shape)


def load_image(filename: str | Path | IO[bytes], color: bool = True) -> Array:
    """An image file as float32 values in 0 to 1: (H, W, 3) in RGB, or (H, W, 1) without `color`.

    Args:
        filename: its path, or a file object whose `read` returns bytes.

    Raises:
        DataError: there is no such file, it is a URL, or no image that can be read.
    """
    with open_image(_image_bytes(filename)) as image:
        values = np.asarray(image.convert("RGB") if image.mode in ("P", "1", "CMYK", "YCbCr") else image)
    if np.issubdtype(values.dtype, np.integer):
        # Pillow reads 16-bit files as int32.
        largest = np.iinfo(np.uint16 if values.dtype.itemsize > 1 else np.uint8).max
        values = values / np.float64(largest)
    if values.ndim == 2:
        values = np.tile(values[:, :, np.newaxis], (1, 1, 3 if color else 1))
    elif values.shape[2] == 2:  # Gray and alpha.
        values = np.tile(values[:, :, :1], (1, 1, 3 if color else 1))
    elif not color:
        values = values[:, :, :3] @ np.array(_GRAY)[:, np.newaxis]
    return values[:, :, :3].astype(np.float32)


def _image_bytes(source: str | Path | IO[bytes]) -> bytes:
    if not isinstance(source, (str, Path)):
        return read_stream(source, "an image", MAX_IMAGE_BYTES, DataError)
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", str(source)):
        raise DataError(f"{source} is a URL, and nothing is fetched from one: download the file, and give its path")
    return read_bytes(source, MAX_IMAGE_BYTES, DataError)


def oversample(images: Iterable[Array], crop_dims: Sequence[int]) -> Array:
    """Ten crops of each image (H, W, K): the corners, the middle, then the same mirrored: (10 N, h, w, K)."""
    crops: list[Array] = []
    height, width = (int(size) for size in crop_dims)
    for image in images:
        below, right = image.shape[0] - height, image.shape[1] - width
        places = [(0, 0), (0, right), (below, 0), (below, right), (below // 2, right // 2)]
        plain = [image[y : y + height, x : x + width] for y, x in places]
        crops += plain + [crop[:, ::-1] for crop in plain]
    return np.array(crops, np.float32)
