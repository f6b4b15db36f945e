"""Sums, products and powers."""

import math
from functools import reduce

import numpy as np

from layerhint.export.layer import Layer
from torchcaffe.proto.caffe_pb2 import EltwiseParameter, ReductionParameter


def eltwise(layer: Layer) -> list[str]:
    """The sum of coeff_i x_i, the product of x_i, or the largest x_i."""
    param, values = layer.param.eltwise_param, layer.bottoms
    if param.operation == EltwiseParameter.MAX:
        return [layer.add("Max", *values)]
    if param.operation == EltwiseParameter.PROD:
        return [reduce(lambda x, y: layer.add("Mul", x, y), values)]
    if param.coeff:
        values = [_times(layer, x, c, "coeff") for x, c in zip(values, param.coeff, strict=True)]
    return [reduce(lambda x, y: layer.add("Add", x, y), values)]


def power(layer: Layer) -> list[str]:
    """(shift + scale x)^power; with scale or power 0 a constant, whatever x is."""
    param = layer.param.power_param
    if param.scale * param.power == 0:
        return [_constant(layer, np.float32(param.shift) ** np.float32(param.power))]
    y = _linear(layer, param.scale, param.shift)
    return [y if param.power == 1 else layer.add("Pow", y, layer.scalar("power", param.power))]


def exp(layer: Layer) -> list[str]:
    """base^(shift + scale x); base -1 is e."""
    param = layer.param.exp_param
    log_base = _log_of_base(param.base)
    y = layer.add("Exp", _times(layer, layer.bottoms[0], log_base * param.scale, "scale"))
    return [_times(layer, y, math.exp(log_base * param.shift), "factor")]


def log(layer: Layer) -> list[str]:
    """log_base(shift + scale x); base -1 is e."""
    param = layer.param.log_param
    y = layer.add("Log", _linear(layer, param.scale, param.shift))
    return [_times(layer, y, 1 / _log_of_base(param.base), "factor")]


def reduction(layer: Layer) -> list[str]:
    """coeff times the sum, mean, sum of |x| or sum of x^2 over the axes from `axis` on."""
    param = layer.param.reduction_param
    axes = list(range(layer.axis(param.axis), layer.rank))
    match param.operation:
        case ReductionParameter.MEAN:
            y = layer.add("ReduceMean", *layer.bottoms, axes=axes, keepdims=0)
        case ReductionParameter.ASUM:
            y = layer.add("ReduceL1", *layer.bottoms, axes=axes, keepdims=0)
        case ReductionParameter.SUMSQ:
            y = layer.add("ReduceSumSquare", *layer.bottoms, axes=axes, keepdims=0)
        case _:
            y = layer.add("ReduceSum", *layer.bottoms, layer.integers("axes", axes), keepdims=0)
    return [_times(layer, y, param.coeff, "coeff")]


def _linear(layer: Layer, scale: float, shift: float) -> str:
    """shift + scale x."""
    y = _times(layer, layer.bottoms[0], scale, "scale")
    return y if shift == 0 else layer.add("Add", y, layer.scalar("shift", shift))


def _times(layer: Layer, value: str, factor: float, what: str) -> str:
    return value if factor == 1 else layer.add("Mul", value, layer.scalar(what, factor))


def _constant(layer: Layer, value: np.float32) -> str:
    """The same number everywhere: not x times 0, which is NaN where x is not finite."""
    shape = layer.add("Shape", layer.bottoms[0])
    return layer.add("Expand", layer.scalar("value", float(value)), shape)


def _log_of_base(base: float) -> float:
    return 1.0 if base == -1 else math.log(base)
