"""Convolutions and the fully connected layer."""

import numpy as np

from layerhint.export.layer import Layer, Shape
from torchcaffe.proto.caffe_pb2 import ConvolutionParameter


def convolution(layer: Layer) -> list[str]:
    """Conv, on one bottom after the other, with the same weights."""
    return _convolved(layer, "Conv")


def deconvolution(layer: Layer) -> list[str]:
    """ConvTranspose, likewise."""
    return _convolved(layer, "ConvTranspose")


def inner_product(layer: Layer) -> list[str]:
    """x w^T + b, with the axes of x from `axis` on as one."""
    param = layer.param.inner_product_param
    axis = layer.axis(param.axis)
    x = layer.flat(layer.bottoms[0], axis)
    if axis == 1:
        return [layer.add("Gemm", x, *_params(layer), transB=int(not param.transpose))]
    weight = layer.blobs[0] if param.transpose else layer.blobs[0].T
    y = layer.add("MatMul", x, layer.constant("weight", weight))
    return [layer.add("Add", y, layer.constant("bias", layer.blobs[1])) if param.bias_term else y]


def _convolved(layer: Layer, operator: str) -> list[str]:
    param = layer.param.convolution_param
    if param.axis % layer.rank != 1:
        layer.fail(f"its channels are axis {param.axis}, and ONNX's convolutions have them at axis 1")
    sizes = layer.rank - 2
    pads = _sizes(param, "pad", 0, sizes)
    attributes = {
        "kernel_shape": layer.blobs[0].shape[2:],
        "strides": _sizes(param, "stride", 1, sizes),
        "pads": pads * 2,
        "dilations": _along(list(param.dilation), 1, sizes),
        "group": param.group,
    }
    params = _params(layer)
    return [layer.add(operator, bottom, *params, **attributes) for bottom in layer.bottoms]


def _params(layer: Layer) -> list[str]:
    return [layer.constant(what, np.asarray(blob)) for what, blob in zip(("weight", "bias"), layer.blobs, strict=False)]


def _sizes(param: ConvolutionParameter, name: str, default: int, count: int) -> Shape:
    if param.HasField(f"{name}_h") or param.HasField(f"{name}_w"):
        return (getattr(param, f"{name}_h"), getattr(param, f"{name}_w"))
    return _along(list(getattr(param, name)), default, count)


def _along(given: list[int], default: int, count: int) -> Shape:
    """One size for all axes, or one an axis."""
    return tuple(given) if len(given) == count else (*(given or [default]),) * count
