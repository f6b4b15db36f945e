"""Pooling with Caffe's windows."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from layerhint.export.layer import Layer
from torchcaffe.proto.caffe_pb2 import PoolingParameter

# Caffe's maximum of a window without pixels.
_LEAST = float(np.finfo(np.float32).min)


@dataclass(frozen=True)
class Windows:
    """The windows along one axis: `count` of them, the first beginning `pad` before the image of `size` pixels."""

    size: int
    count: int
    kernel: int
    stride: int
    pad: int

    @property
    def after(self) -> int:
        """What to add after the image so that the last window ends with it.

        Caffe counts windows by rounding up, and drops one that would begin in the padding; ONNX's `ceil_mode` has
        rules of its own. With padding that makes the windows fit, neither rounds.
        """
        return max(0, (self.count - 1) * self.stride + self.kernel - self.pad - self.size)

    @property
    def extents(self) -> list[int]:
        """How much of each window lies on the image and the padding that the prototxt gives."""
        starts = [i * self.stride - self.pad for i in range(self.count)]
        return [min(start + self.kernel, self.size + self.pad) - start for start in starts]


def pooling(layer: Layer) -> list[str]:
    """The largest or mean value of each window."""
    param = layer.param.pooling_param
    largest = param.pool == PoolingParameter.MAX
    if len(layer.param.top) > 1:
        layer.fail("its second top, the places of the largest values, has no counterpart in ONNX: remove it")
    if param.global_pooling:
        return [layer.add("GlobalMaxPool" if largest else "GlobalAveragePool", *layer.bottoms)]
    windows = [_windows(layer, param, i) for i in (0, 1)]
    x, attributes = _padded(layer, windows, _LEAST if largest else 0)
    if largest:
        return [layer.add("MaxPool", x, **attributes)]
    return [_rescaled(layer, layer.add("AveragePool", x, count_include_pad=1, **attributes), windows)]


def _padded(layer: Layer, windows: list[Windows], value: float) -> tuple[str, dict[str, Any]]:
    """The bottom, padded beforehand if ONNX's pooling does not allow so much padding, and the pooling's attributes."""
    pads = [w.pad for w in windows] + [w.after for w in windows]
    attributes: dict[str, Any] = {
        "kernel_shape": [w.kernel for w in windows],
        "strides": [w.stride for w in windows],
    }
    if all(w.after < w.kernel for w in windows):
        return layer.bottoms[0], attributes | {"pads": pads}
    before, after = pads[:2], pads[2:]
    amounts = layer.integers("pads", [0, 0, *before, 0, 0, *after])
    return layer.add("Pad", layer.bottoms[0], amounts, layer.scalar("padding", value)), attributes


def _rescaled(layer: Layer, mean: str, windows: list[Windows]) -> str:
    """Means over whole windows as Caffe has them: over what lies on the image and the padding of the prototxt."""
    whole = windows[0].kernel * windows[1].kernel
    areas = np.outer(windows[0].extents, windows[1].extents)
    if (areas == whole).all():
        return mean
    # A window beyond the image has area 0, and 0 / 0 is NaN, in Caffe as well.
    total = layer.add("Mul", mean, layer.scalar("window", whole))
    return layer.add("Div", total, layer.constant("area", areas))


def _windows(layer: Layer, param: PoolingParameter, axis: int) -> Windows:
    side = "hw"[axis]
    stride, pad, kernel = (
        getattr(param, f"{name}_{side}") if param.HasField(f"{name}_{side}") else getattr(param, short)
        for name, short in (("stride", "stride"), ("pad", "pad"), ("kernel", "kernel_size"))
    )
    return Windows(layer.shape[2 + axis], layer.top_shapes[0][2 + axis], kernel, stride, pad)
