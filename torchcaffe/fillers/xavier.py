"""The `xavier` filler (Glorot and Bengio 2010)."""

import numpy as np

from torchcaffe.boost import Floats, Rng
from torchcaffe.fillers.checks import count_of, refuse_sparse
from torchcaffe.fillers.fan import fan
from torchcaffe.proto.caffe_pb2 import FillerParameter
from torchcaffe.rng import caffe_rng_uniform


def xavier(shape: tuple[int, ...], param: FillerParameter, rng: Rng) -> Floats:
    """x ~ U(-a, a), a = sqrt(3 / n), n the fan that `variance_norm` chooses: variance 1 / n."""
    count = count_of(shape, param)
    refuse_sparse(param)
    bound = float(np.sqrt(np.float32(3) / fan(shape, param)))
    return caffe_rng_uniform(rng, count, -bound, bound).reshape(shape)
