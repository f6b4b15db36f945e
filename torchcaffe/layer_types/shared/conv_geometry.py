"""The sliding window of convolutions: kernel, stride, pad and dilation along each spatial axis."""

from collections.abc import Sequence
from dataclasses import dataclass

from torchcaffe.blob import Blob, Shape, shape_string
from torchcaffe.layer_types.layer import Layer
from torchcaffe.proto import caffe_pb2


@dataclass(frozen=True)
class ConvGeometry:
    """The channel axis, and the window along each axis after it."""

    channel_axis: int
    kernel: Shape
    stride: Shape
    pad: Shape
    dilation: Shape

    def output_size(self, input_size: Shape) -> Shape:
        """The number of windows that fit, by axis: floor((in + 2 pad - dilation (kernel - 1) - 1) / stride) + 1."""
        return tuple(
            (size + 2 * p - (d * (k - 1) + 1)) // s + 1
            for size, k, s, p, d in zip(input_size, self.kernel, self.stride, self.pad, self.dilation, strict=True)
        )

    def transposed_size(self, input_size: Shape) -> Shape:
        """What as many windows cover together, by axis: stride (in - 1) + dilation (kernel - 1) + 1 - 2 pad."""
        return tuple(
            s * (size - 1) + d * (k - 1) + 1 - 2 * p
            for size, k, s, p, d in zip(input_size, self.kernel, self.stride, self.pad, self.dilation, strict=True)
        )


def read_geometry(layer: Layer, bottom: Blob) -> ConvGeometry:
    """The window that a layer's `convolution_param` describes for this bottom.

    A size is given once for all axes, or once an axis, or, with two axes, as `.._h` and `.._w`.
    Source: Caffe 1.0, `src/caffe/layers/base_conv_layer.cpp`.
    """
    param = layer.param.convolution_param
    axis = layer.canonical_axis(bottom, param.axis)
    rank = len(bottom.shape) - axis - 1
    if not 1 <= rank <= 3:
        layer.fail(
            f"it works on 1 to 3 spatial axes, but its bottom has shape {shape_string(bottom.shape)}, which "
            f"leaves {rank} after the channel axis {axis}"
        )
    sizes = {
        "kernel": _sizes(layer, param, "kernel", list(param.kernel_size), rank, None),
        "stride": _sizes(layer, param, "stride", list(param.stride), rank, 1),
        "pad": _sizes(layer, param, "pad", list(param.pad), rank, 0),
        "dilation": _per_axis(layer, "dilation", list(param.dilation), rank, 1),
    }
    for name in ("kernel", "stride", "dilation"):
        if 0 in sizes[name]:
            layer.fail(f"its {name} is {'x'.join(map(str, sizes[name]))}: every size must be at least 1")
    return ConvGeometry(axis, **sizes)


def _sizes(
    layer: Layer,
    param: caffe_pb2.ConvolutionParameter,
    name: str,
    given: list[int],
    rank: int,
    default: int | None,
) -> Shape:
    if not (param.HasField(f"{name}_h") or param.HasField(f"{name}_w")):
        return _per_axis(layer, name, given, rank, default)
    if rank != 2:
        layer.fail(f"{name}_h and {name}_w are for two spatial axes, but its bottom has {rank}")
    if given:
        layer.fail(f"give its {name} once: as {name}_h and {name}_w, or as one value for both axes")
    return (getattr(param, f"{name}_h"), getattr(param, f"{name}_w"))


def _per_axis(layer: Layer, name: str, given: Sequence[int], rank: int, default: int | None) -> Shape:
    if not given and default is not None:
        return (default,) * rank
    if len(given) == 1:
        return (given[0],) * rank
    if len(given) != rank:
        layer.fail(f"{len(given)} {name} sizes for {rank} spatial axes: give one for all, or one an axis")
    return tuple(given)
