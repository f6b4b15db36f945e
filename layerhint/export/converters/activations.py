"""Functions of one value, and Softmax."""

import numpy as np
from onnx import TensorProto

from layerhint.export.layer import Layer


def relu(layer: Layer) -> list[str]:
    """max(x, 0) + negative_slope min(x, 0)."""
    slope = layer.param.relu_param.negative_slope
    if slope:
        return [layer.add("LeakyRelu", *layer.bottoms, alpha=slope)]
    return [layer.add("Relu", *layer.bottoms)]


def prelu(layer: Layer) -> list[str]:
    """max(x, 0) + a_c min(x, 0), a slope for each channel or one for all."""
    slopes = np.reshape(layer.blobs[0], (-1, *[1] * (layer.rank - 2)))
    return [layer.add("PRelu", *layer.bottoms, layer.constant("slope", slopes))]


def elu(layer: Layer) -> list[str]:
    """x for x > 0, alpha (exp(x) - 1) otherwise."""
    return [layer.add("Elu", *layer.bottoms, alpha=layer.param.elu_param.alpha)]


def sigmoid(layer: Layer) -> list[str]:
    """1 / (1 + exp(-x))."""
    return [layer.add("Sigmoid", *layer.bottoms)]


def tanh(layer: Layer) -> list[str]:
    """tanh(x)."""
    return [layer.add("Tanh", *layer.bottoms)]


def abs_val(layer: Layer) -> list[str]:
    """|x|."""
    return [layer.add("Abs", *layer.bottoms)]


def bnll(layer: Layer) -> list[str]:
    """log(1 + exp(x))."""
    return [layer.add("Softplus", *layer.bottoms)]


def swish(layer: Layer) -> list[str]:
    """x / (1 + exp(-beta x))."""
    beta = layer.scalar("beta", layer.param.swish_param.beta)
    gate = layer.add("Sigmoid", layer.add("Mul", *layer.bottoms, beta))
    return [layer.add("Mul", *layer.bottoms, gate)]


def clip(layer: Layer) -> list[str]:
    """max(min, min(x, max))."""
    bounds = layer.param.clip_param
    return [layer.add("Clip", *layer.bottoms, layer.scalar("min", bounds.min), layer.scalar("max", bounds.max))]


def threshold(layer: Layer) -> list[str]:
    """1 where x > threshold, 0 elsewhere."""
    above = layer.add("Greater", *layer.bottoms, layer.scalar("threshold", layer.param.threshold_param.threshold))
    return [layer.add("Cast", above, to=TensorProto.FLOAT)]


def softmax(layer: Layer) -> list[str]:
    """exp(x_i) / sum_j exp(x_j) along an axis."""
    return [layer.add("Softmax", *layer.bottoms, axis=layer.axis(layer.param.softmax_param.axis))]
