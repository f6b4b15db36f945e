"""The `msra` filler (He et al. 2015)."""

import numpy as np

from torchcaffe.boost import Floats, Rng
from torchcaffe.fillers.checks import count_of, refuse_sparse
from torchcaffe.fillers.fan import fan
from torchcaffe.proto.caffe_pb2 import FillerParameter
from torchcaffe.rng import caffe_rng_gaussian


def msra(shape: tuple[int, ...], param: FillerParameter, rng: Rng) -> Floats:
    """x ~ N(0, 2 / n), n the fan that `variance_norm` chooses; fan in by default."""
    count = count_of(shape, param)
    refuse_sparse(param)
    sigma = float(np.sqrt(np.float32(2) / fan(shape, param)))
    return caffe_rng_gaussian(rng, count, 0, sigma).reshape(shape)
