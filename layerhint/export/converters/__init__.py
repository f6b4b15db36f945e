"""Caffe's layer types in ONNX's operators: one table, one file for each group of types.

A converter adds the nodes that do what the layer does in TEST, and returns the values of its tops (see `Layer`).
"""

from collections.abc import Callable

from layerhint.export.converters import activations, arithmetic, normalisation, pooling, reshaping, weighted
from layerhint.export.layer import Layer

CONVERTERS: dict[str, Callable[[Layer], list[str]]] = {
    "AbsVal": activations.abs_val,
    "BNLL": activations.bnll,
    "BatchNorm": normalisation.batch_norm,
    "Bias": normalisation.bias,
    "Clip": activations.clip,
    "Concat": reshaping.concat,
    "Convolution": weighted.convolution,
    "Crop": reshaping.crop,
    "Deconvolution": weighted.deconvolution,
    "Dropout": reshaping.copies,
    "ELU": activations.elu,
    "Eltwise": arithmetic.eltwise,
    "Exp": arithmetic.exp,
    "Flatten": reshaping.reshape,
    "InnerProduct": weighted.inner_product,
    "LRN": normalisation.lrn,
    "Log": arithmetic.log,
    "PReLU": activations.prelu,
    "Pooling": pooling.pooling,
    "Power": arithmetic.power,
    "ReLU": activations.relu,
    "Reduction": arithmetic.reduction,
    "Reshape": reshaping.reshape,
    "Scale": normalisation.scale,
    "Sigmoid": activations.sigmoid,
    "Silence": reshaping.silence,
    "Slice": reshaping.slices,
    "Softmax": activations.softmax,
    "Split": reshaping.copies,
    "Swish": activations.swish,
    "TanH": activations.tanh,
    "Threshold": activations.threshold,
    "Tile": reshaping.tile,
}
