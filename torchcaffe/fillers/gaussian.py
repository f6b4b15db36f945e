"""The `gaussian` filler."""

from torchcaffe.boost import RealArray, RealType
from torchcaffe.errors import NetError
from torchcaffe.fillers.checks import count_of
from torchcaffe.proto.caffe_pb2 import FillerParameter
from torchcaffe.rng import Rng, caffe_rng_bernoulli, caffe_rng_gaussian


def gaussian(shape: tuple[int, ...], param: FillerParameter, rng: Rng, real: RealType) -> RealArray:
    """x ~ N(mean, std**2); with `sparse` = s >= 0, each x is kept with probability s / shape[0], else zero.

    The mask is drawn after all the numbers. Raises NetError where std <= 0, sparse < -1 or sparse > shape[0].
    """
    count = count_of(shape, param)
    numbers = caffe_rng_gaussian(rng, count, param.mean, param.std, real)
    if param.sparse != -1:
        kept = _kept_share(shape, param, real)
        numbers *= caffe_rng_bernoulli(rng, count, kept, real)
    return numbers.reshape(shape)


def _kept_share(shape: tuple[int, ...], param: FillerParameter, real: RealType) -> float:
    if not shape:
        raise NetError("a gaussian filler with `sparse` needs a blob with an axis, got one number")
    if not 0 <= param.sparse <= shape[0]:
        raise NetError(
            f"a gaussian filler has sparse: {param.sparse} for a blob of shape {shape}; it takes 0 to"
            f" {shape[0]}, or -1 for a dense blob"
        )
    return float(real(param.sparse) / real(shape[0]))
