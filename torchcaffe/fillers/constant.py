"""The `constant` filler, which is the default: zeros unless `value` says otherwise."""

import numpy as np

from torchcaffe.boost import Floats, Rng
from torchcaffe.fillers.checks import count_of, refuse_sparse
from torchcaffe.proto.caffe_pb2 import FillerParameter


def constant(shape: tuple[int, ...], param: FillerParameter, rng: Rng) -> Floats:
    """x = value. Takes no draw from `rng`."""
    count_of(shape, param)
    refuse_sparse(param)
    return np.full(shape, param.value, dtype=np.float32)
