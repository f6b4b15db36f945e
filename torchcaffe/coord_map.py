"""Maps pixel coordinates of one blob to another, for nets written with `NetSpec`: to place a Crop layer.

A map is (axis, scale, shift): along each axis after `axis`, the coordinate x in one blob is scale x + shift in the
other. Scale and shift are numbers or arrays, one element an axis; an axis of None stands for a map that leaves
coordinates alone. Source: Caffe 1.0, `python/caffe/coord_map.py`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from torchcaffe.net_spec import Function, Top, layers

Map = tuple[int | None, Any, Any]

PASS_THROUGH_LAYERS = [
    "AbsVal",
    "BatchNorm",
    "Bias",
    "BNLL",
    "Dropout",
    "Eltwise",
    "ELU",
    "Log",
    "LRN",
    "Exp",
    "MVN",
    "Power",
    "ReLU",
    "PReLU",
    "Scale",
    "Sigmoid",
    "Split",
    "TanH",
    "Threshold",
]
_IDENTITY: Map = (None, 1, 0)
_OLD_FIELDS = {f"{what}_{side}" for what in ("kernel", "stride", "pad") for side in "hw"}


class UndefinedMapException(Exception):  # noqa: N818 - Caffe's name
    """A layer that does not map coordinates, such as InnerProduct."""


class AxisMismatchException(Exception):  # noqa: N818 - Caffe's name
    """Maps along different axes, which cannot follow each other."""


def conv_params(fn: Function) -> tuple[int, npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    """The axis, stride, extent (kernel with its dilation) and pad of a convolution, deconvolution, pooling or Im2col.

    Raises:
        AssertionError: it is given by kernel_h, stride_w and the like.
        UndefinedMapException: it has no kernel_size, as global pooling.
    """
    params = _own(fn, "convolution_param" if "convolution_param" in fn.params else "pooling_param")
    old = sorted(_OLD_FIELDS & set(params))
    if old:
        raise AssertionError(f"{fn.type_name}: give kernel_size, stride and pad in place of {', '.join(old)}")
    if "kernel_size" not in params:
        raise UndefinedMapException(f"{fn.type_name} has no kernel_size")
    kernel, dilation = _per_axis(params["kernel_size"]), _per_axis(params.get("dilation", 1))
    extent = (kernel - 1) * dilation + 1
    return params.get("axis", 1), _per_axis(params.get("stride", 1)), extent, _per_axis(params.get("pad", 0))


def crop_params(fn: Function) -> tuple[int, npt.NDArray[Any]]:
    """The first axis that a Crop layer crops, and its offsets."""
    params = _own(fn, "crop_param")
    return params.get("axis", 2), _per_axis(params.get("offset", 0))


def coord_map(fn: Function) -> Map:
    """The map from a layer's bottom to its top. Raises UndefinedMapException where there is none."""
    if fn.type_name in ("Convolution", "Pooling", "Im2col"):
        axis, stride, extent, pad = conv_params(fn)
        return axis, 1 / stride, (pad - (extent - 1) / 2) / stride
    if fn.type_name == "Deconvolution":
        axis, stride, extent, pad = conv_params(fn)
        return axis, stride, (extent - 1) / 2 - pad
    if fn.type_name == "Crop":
        axis, offset = crop_params(fn)
        return axis - 1, 1, -offset
    if fn.type_name in PASS_THROUGH_LAYERS:
        return _IDENTITY
    raise UndefinedMapException(f"{fn.type_name} does not map coordinates")


def compose(base_map: Map, next_map: Map) -> Map:
    """x -> base(next(x)): the scales multiply, and the base scales the other's shift."""
    base_axis, base_scale, base_shift = base_map
    axis, scale, shift = next_map
    if None not in (base_axis, axis) and base_axis != axis:
        raise AxisMismatchException(f"a map along axis {axis} cannot follow one along axis {base_axis}")
    return axis if base_axis is None else base_axis, base_scale * scale, base_scale * shift + base_shift


def inverse(coord_map: Map) -> Map:
    """The map the other way: y -> (y - shift) / scale."""
    axis, scale, shift = coord_map
    return axis, 1 / scale, -shift / scale


def coord_map_from_to(top_from: Top, top_to: Top) -> Map:
    """The map from `top_from` to `top_to`, by way of the nearest blob that both depend on.

    Raises RuntimeError where layers that map coordinates do not connect them.
    """
    from_maps = dict(_ancestors(top_from))
    for top, to_map in _ancestors(top_to):
        if top in from_maps:
            return compose(to_map, inverse(from_maps[top]))
    raise RuntimeError("no blob is connected with both tops by layers that map coordinates, such as Convolution")


def crop(top_from: Top, top_to: Top) -> Any:
    """A Crop layer that cuts `top_from` to the size of `top_to`, with the offset that the layers between them give.

    Raises AssertionError where no crop can do that: another scale, or an offset that is negative or no whole number.
    """
    axis, scale, shift = coord_map_from_to(top_from, top_to)
    scale, shift = np.asarray(scale), np.asarray(shift)
    if (scale != 1).any():
        raise AssertionError(f"the tops differ in scale, by {scale}: a crop cannot align them")
    if (shift > 0).any():
        raise AssertionError(f"the top to crop begins inside the other, by {shift}: it is too small")
    if (shift != np.round(shift)).any():
        raise AssertionError(f"the offset {-shift} is not a whole number of pixels")
    if axis is None:
        raise AssertionError("only layers that leave coordinates alone lie between the tops: there is nothing to crop")
    offset = [int(-pixels) for pixels in np.atleast_1d(shift)]
    return layers.Crop(top_from, top_to, crop_param={"axis": axis + 1, "offset": offset})


def _ancestors(top: Top) -> Iterator[tuple[Top, Map]]:
    """Yields `top` and the tops that its coordinates can be traced back to, nearest first, with their maps to `top`."""
    maps: dict[Top, Map] = {top: _IDENTITY}
    waiting = [top]
    for ancestor in waiting:  # Grows meanwhile.
        yield ancestor, maps[ancestor]
        try:
            step = coord_map(ancestor.fn)
        except UndefinedMapException:
            continue
        # The second bottom of a Crop gives its size only.
        for bottom in ancestor.fn.inputs[:1] if ancestor.fn.type_name == "Crop" else ancestor.fn.inputs:
            if bottom not in maps:
                maps[bottom] = compose(maps[ancestor], step)
                waiting.append(bottom)


def _own(fn: Function, field: str) -> Mapping[str, Any]:
    """A layer's own parameters, whether they are given in their message or by their own names."""
    params: Mapping[str, Any] = fn.params.get(field, fn.params)
    return params


def _per_axis(value: Any) -> npt.NDArray[Any]:
    return np.array(value, ndmin=1)
