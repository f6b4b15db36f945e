"""The mean of the training images, as the binaryproto files that a Data layer's `mean_file` names.

Caffe subtracts the mean before it crops and wants a mean of the datum's size. Padding that is zero *after*
the subtraction (He et al. 2015, section 4.2) therefore takes a padded datum whose border is zero and a mean
whose border is zero too. Both sizes hold the mean of the *training* images; `test` in a file's name says
where it is used.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from layerhint.datasets.images import Bytes
from layerhint.files import write_bytes
from torchcaffe.proto.caffe_pb2 import BlobProto

_CHUNK = 1000


def pixel_mean(images: Bytes) -> NDArray[np.float64]:
    """Mean (C, H, W) over the images (N, C, H, W): 1/N sum_n images[n], summed exactly in integers."""
    total = np.zeros(images.shape[1:], np.int64)
    for start in range(0, len(images), _CHUNK):
        # 1000 * 255 fits in 32 bits, and the sum of small integers is much faster there than in 64.
        total += images[start : start + _CHUNK].sum(axis=0, dtype=np.uint32)
    return total / len(images)


def mean_blobs(mean: NDArray[np.float64], pad: int) -> dict[str, NDArray[np.float32]]:
    """The four means by file name, float32 (C, H, W), the training ones with a border of `pad` zeros.

    `mean` is the per-pixel mean (C, H, W); the channel mean is its average over H and W, at every pixel.
    """
    channel = np.broadcast_to(mean.mean(axis=(1, 2), keepdims=True), mean.shape)
    blobs = {}
    for kind, value in (("pixel", mean), ("channel", channel)):
        padded = np.pad(value, ((0, 0), (pad, pad), (pad, pad)))
        blobs[f"mean_{kind}_train.binaryproto"] = padded.astype(np.float32)
        blobs[f"mean_{kind}_test.binaryproto"] = value.astype(np.float32)
    return blobs


def write_mean(path: Path, mean: NDArray[np.float32]) -> bytes:
    """Write a mean (C, H, W) as a BlobProto of 1 x C x H x W and return the file's bytes.

    The four sizes go to the fields num, channels, height and width, as Caffe's `compute_image_mean` writes
    them, which older Caffes read too. Raises LayerhintError where the file cannot be written.
    """
    channels, height, width = mean.shape
    blob = BlobProto(num=1, channels=channels, height=height, width=width, data=mean.ravel())
    content = blob.SerializeToString(deterministic=True)
    write_bytes(path, content)
    return content
