"""The `uniform` filler."""

from torchcaffe.boost import Floats, Rng
from torchcaffe.fillers.checks import count_of, refuse_sparse
from torchcaffe.proto.caffe_pb2 import FillerParameter
from torchcaffe.rng import caffe_rng_uniform


def uniform(shape: tuple[int, ...], param: FillerParameter, rng: Rng) -> Floats:
    """x ~ U(min, max). Raises NetError where min > max."""
    count = count_of(shape, param)
    refuse_sparse(param)
    return caffe_rng_uniform(rng, count, param.min, param.max).reshape(shape)
