"""Caffe's fillers: the values that a param starts from, by the `type` of its FillerParameter.

With the same seed they give the numbers that Caffe gives, and leave the generator where Caffe leaves it.
Source: Caffe 1.0, `include/caffe/filler.hpp`.
"""

from collections.abc import Callable

from torchcaffe.boost import Floats, Rng
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

__all__ = ["FILLERS", "Filler", "fill"]


Filler = Callable[[tuple[int, ...], FillerParameter, Rng], Floats]
"""Gives values of a shape, C-contiguous."""

FILLERS: dict[str, Filler] = {
    "bilinear": bilinear,
    "constant": constant,
    "gaussian": gaussian,
    "msra": msra,
    "positive_unitball": positive_unitball,
    "uniform": uniform,
    "xavier": xavier,
}


def fill(shape: tuple[int, ...], param: FillerParameter, rng: Rng) -> Floats:
    """Values for a blob of `shape` in float32, drawn from `rng` as `param` says.

    Raises NetError for an unknown type, and for a shape or a setting that the filler cannot take.
    """
    if param.type not in FILLERS:
        raise NetError(
            f"filler type '{param.type}' is unknown; known are {', '.join(FILLERS)}.{did_you_mean(param.type, FILLERS)}"
        )
    return FILLERS[param.type](tuple(shape), param, rng)
