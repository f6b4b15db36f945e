"""Caffe's fillers: the values that a param starts from, by the `type` of its FillerParameter.

With the same seed they give the numbers that Caffe gives, and leave the generator where Caffe leaves it.
Source: Caffe 1.0, `include/caffe/filler.hpp`.
"""

from typing import Protocol

import numpy as np

from torchcaffe.boost import RealArray, RealType
from torchcaffe.errors import NetError
from torchcaffe.fillers.bilinear import bilinear
from torchcaffe.fillers.constant import constant
from torchcaffe.fillers.gaussian import gaussian
from torchcaffe.fillers.msra import msra
from torchcaffe.fillers.positive_unitball import positive_unitball
from torchcaffe.fillers.uniform import uniform
from torchcaffe.fillers.xavier import xavier
from torchcaffe.nearest import did_you_mean
from torchcaffe.proto.caffe_pb2 import FillerParameter
from torchcaffe.rng import Rng

__all__ = ["FILLERS", "Filler", "fill"]


class Filler(Protocol):
    """Values of `shape` and type `real`, float32 or float64, C-contiguous."""

    def __call__(self, shape: tuple[int, ...], param: FillerParameter, rng: Rng, real: RealType, /) -> RealArray: ...


FILLERS: dict[str, Filler] = {
    "bilinear": bilinear,
    "constant": constant,
    "gaussian": gaussian,
    "msra": msra,
    "positive_unitball": positive_unitball,
    "uniform": uniform,
    "xavier": xavier,
}


def fill(shape: tuple[int, ...], param: FillerParameter, rng: Rng, dtype: RealType = np.float32) -> RealArray:
    """Values for a blob of `shape`, drawn from `rng` as `param` says.

    Raises NetError for an unknown type, and for a shape or a setting that the filler cannot take.
    """
    if param.type not in FILLERS:
        raise NetError(
            f"filler type '{param.type}' is unknown; known are {', '.join(FILLERS)}.{did_you_mean(param.type, FILLERS)}"
        )
    return FILLERS[param.type](tuple(shape), param, rng, dtype)
