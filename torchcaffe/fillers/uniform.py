"""The `uniform` filler."""

from torchcaffe.boost import RealArray, RealType
from torchcaffe.fillers.checks import count_of, refuse_sparse
from torchcaffe.proto.caffe_pb2 import FillerParameter
from torchcaffe.rng import Rng, caffe_rng_uniform


def uniform(shape: tuple[int, ...], param: FillerParameter, rng: Rng, real: RealType) -> RealArray:
    """x ~ U(min, max). Raises NetError where min > max."""
    count = count_of(shape, param)
    refuse_sparse(param)
    return caffe_rng_uniform(rng, count, param.min, param.max, real).reshape(shape)
