"""Checks that several fillers make of the blob they fill and of their parameter."""

import math

from torchcaffe.errors import NetError
from torchcaffe.proto.caffe_pb2 import FillerParameter


def count_of(shape: tuple[int, ...], param: FillerParameter) -> int:
    """The number of values to fill. Raises NetError where there is none."""
    count = math.prod(shape)
    if count == 0:
        raise NetError(f"filler '{param.type}' cannot fill a blob of shape {shape}: it holds no value")
    return count


def refuse_sparse(param: FillerParameter) -> None:
    """Raises NetError where `sparse` is set: only the gaussian filler heeds it."""
    if param.sparse != -1:
        raise NetError(f"filler '{param.type}' has sparse: {param.sparse}; only the gaussian filler takes it")
