"""BatchNorm, Scale, Bias and LRN."""

import numpy as np

from layerhint.export.graph import Array
from layerhint.export.layer import Layer, Shape
from torchcaffe.proto.caffe_pb2 import LRNParameter


def batch_norm(layer: Layer) -> list[str]:
    """(x - mean) / sqrt(var + eps) with the stored statistics; Caffe stores them times a factor, its third blob."""
    param = layer.param.batch_norm_param
    if param.HasField("use_global_stats") and not param.use_global_stats:
        layer.fail("it has use_global_stats: false, so it normalises by each batch: remove that from the deploy net")
    if layer.rank < 2:
        layer.fail(f"its bottom has {layer.rank} axis, and ONNX needs the channels at axis 1")
    mean, var, (factor,) = layer.blobs
    share = np.float32(0) if factor == 0 else np.float32(1) / np.float32(factor)
    ones, zeros = np.ones_like(mean), np.zeros_like(mean)
    named = {"one": ones, "zero": zeros, "mean": mean * share, "variance": var * share}
    constants = [layer.constant(what, array) for what, array in named.items()]
    return [layer.add("BatchNormalization", *layer.bottoms, *constants, epsilon=param.eps)]


def scale(layer: Layer) -> list[str]:
    """x s, and + b with a bias term; s is a param, or the second bottom."""
    param = layer.param.scale_param
    if len(layer.bottoms) > 1:
        if param.bias_term:
            layer.fail("with two bottoms it can have no bias_term: its bias has the size of a batch")
        return [layer.add("Mul", layer.bottoms[0], _spread_bottom(layer, param.axis))]
    y = layer.add("Mul", layer.bottoms[0], _spread_param(layer, "scale", layer.blobs[0], param.axis))
    if param.bias_term:
        y = layer.add("Add", y, _spread_param(layer, "bias", layer.blobs[1], param.axis))
    return [y]


def bias(layer: Layer) -> list[str]:
    """x + b; b is a param, or the second bottom."""
    axis = layer.param.bias_param.axis
    if len(layer.bottoms) > 1:
        return [layer.add("Add", layer.bottoms[0], _spread_bottom(layer, axis))]
    return [layer.add("Add", layer.bottoms[0], _spread_param(layer, "bias", layer.blobs[0], axis))]


def lrn(layer: Layer) -> list[str]:
    """x / (k + alpha mean(x^2))^beta, the mean over a window of channels, or of pixels."""
    param = layer.param.lrn_param
    if param.norm_region == LRNParameter.ACROSS_CHANNELS:
        return [
            layer.add("LRN", *layer.bottoms, size=param.local_size, alpha=param.alpha, beta=param.beta, bias=param.k)
        ]
    (x,), half = layer.bottoms, (param.local_size - 1) // 2
    window = {"kernel_shape": [param.local_size] * 2, "pads": [half] * 4, "count_include_pad": 1}
    mean = layer.add("AveragePool", layer.add("Mul", x, x), **window)
    scaled = layer.add("Mul", mean, layer.scalar("alpha", param.alpha))
    base = layer.add("Add", scaled, layer.scalar("k", 1))  # Caffe takes no k here.
    return [layer.add("Mul", x, layer.add("Pow", base, layer.scalar("power", -param.beta)))]


def _spread_param(layer: Layer, what: str, array: Array, axis: int) -> str:
    """A param in a shape that lines up with the first bottom's axes from `axis` on."""
    if not array.ndim:
        return layer.constant(what, array)
    after = layer.rank - layer.axis(axis) - array.ndim
    return layer.constant(what, array.reshape(array.shape + (1,) * after))


def _spread_bottom(layer: Layer, axis: int) -> str:
    """The second bottom, likewise."""
    shape: Shape = layer.bottom_shapes[1]
    start = axis % layer.rank
    if start and shape:
        layer.fail("its second bottom has no axis 0 of the batch: only axis: 0 can be exported")
    after = layer.rank - start - len(shape)
    if not after:
        return layer.bottoms[1]
    axes = layer.integers("axes", range(len(shape), len(shape) + after))
    return layer.add("Unsqueeze", layer.bottoms[1], axes)
