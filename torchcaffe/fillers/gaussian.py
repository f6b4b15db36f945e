"""The `gaussian` filler."""

import numpy as np

from torchcaffe.boost import Floats, Rng
from torchcaffe.errors import NetError
from torchcaffe.fillers.checks import count_of
from torchcaffe.proto.caffe_pb2 import FillerParameter
from torchcaffe.rng import caffe_rng_bernoulli, caffe_rng_gaussian


def gaussian(shape: tuple[int, ...], param: FillerParameter, rng: Rng) -> Floats:
    """x ~ N(mean, std**2); with `sparse` = s >= 0, each x is kept with probability s / shape[0], else zero.

    The mask is drawn after all the numbers. Raises NetError where std <= 0, sparse < -1 or sparse > shape[0].
    """
    count = count_of(shape, param)
    numbers = caffe_rng_gaussian(rng, count, param.mean, param.std)
    if param.sparse != -1:
        kept = _kept_share(shape, param)
        numbers *= caffe_rng_bernoulli(rng, count, kept)
    return numbers.reshape(shape)


def _kept_share(shape: tuple[int, ...], param: FillerParameter) -> float:
    if not shape:
        raise NetError("a gaussian filler with `sparse` needs a blob with an axis, got one number")
    if not 0 <= param.sparse <= shape[0]:
        raise NetError(
            f"a gaussian filler has sparse: {param.sparse} for a blob of shape {shape}; it takes 0 to"
            f" {shape[0]}, or -1 for a dense blob"
        )
    return float(np.float32(param.sparse) / np.float32(shape[0]))
