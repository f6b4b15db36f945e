"""The `bilinear` filler: a Deconvolution's weights that upsample by interpolation."""

import math

import numpy as np

from torchcaffe.boost import Floats, Rng
from torchcaffe.errors import NetError
from torchcaffe.fillers.checks import count_of, refuse_sparse
from torchcaffe.proto.caffe_pb2 import FillerParameter


def bilinear(shape: tuple[int, ...], param: FillerParameter, rng: Rng) -> Floats:
    """x[..., h, w] = t(h) t(w), t(i) = 1 - |i / f - c|, f = ceil(K / 2), c = (K - 1) / (2 f), K the width.

    Takes no draw from `rng`. Raises NetError unless the blob has four axes and square kernels.
    """
    refuse_sparse(param)
    if len(shape) != 4 or shape[2] != shape[3]:
        raise NetError(f"filler 'bilinear' needs a blob of shape (N, C, K, K) with square kernels, got {shape}")
    count_of(shape, param)
    half = math.ceil(shape[3] / 2)
    centre = np.float32((shape[3] - 1) / (2 * half))
    triangle = np.float32(1) - np.abs(np.arange(shape[3]).astype(np.float32) / np.float32(half) - centre)
    return np.broadcast_to(triangle * triangle[:, None], shape).astype(np.float32, order="C")
