"""Resizes images as the libraries that Caffe calls did at Caffe's time."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def resize_image(im: Array, new_dims: Sequence[int], interp_order: int = 1) -> Array:
    """The image (H, W, K) at the size `new_dims` (H', W'), float32, with no smoothing beforehand.

    Order 0 takes the nearest pixel, of two the one further right or down; 1 is linear; 3 is cubic (Catmull-Rom),
    clipped to the image's least and largest value. The pixels' places depend on K, since Caffe uses a different library
    for each case:
    - 1 or 3 channels: pixels are areas, all together the image's; outside is the image's least value, which an
      enlarged image's border is mixed with (scikit-image before 0.15, mode "constant");
    - otherwise the centres of the corner pixels stay where they are (scipy.ndimage.zoom). There is no order 3: scipy's
      is a spline through all pixels.

    Raises ValueError for another order.
    """
    areas = im.shape[-1] in (1, 3)
    if interp_order not in _WEIGHTS:
        raise ValueError(f"interp_order is {interp_order}: it must be 0, 1 or 3")
    if interp_order == 3 and not areas:
        raise ValueError(
            f"interp_order is 3 for an image of {im.shape[-1]} channels: scipy's spline, which Caffe takes for other "
            "numbers of channels than 1 and 3, is not offered: use order 0 or 1"
        )
    values = np.asarray(im, np.float64)
    outside = values.min() if areas else 0.0
    weight = _WEIGHTS[interp_order]
    rows = _resized(values - outside, new_dims[0], areas, weight)
    resized = _resized(rows.swapaxes(0, 1), new_dims[1], areas, weight).swapaxes(0, 1) + outside
    if interp_order == 3:
        resized = resized.clip(outside, values.max())
    return np.ascontiguousarray(resized, np.float32)


def _resized(values: Array, new_size: int, areas: bool, weight: Callable[[Array], Array]) -> Array:
    """Values (H, ...) resized to (H', ...): each is a weighted sum of four old ones, with 0 outside."""
    size = len(values)
    places = _places(size, new_size, areas)
    result = np.zeros((new_size, *values.shape[1:]))
    for step in (-1, 0, 1, 2):
        pixels = np.floor(places).astype(int) + step
        weights = weight(places - pixels) * ((pixels >= 0) & (pixels < size))
        if weights.any():
            result += weights.reshape(-1, *[1] * (values.ndim - 1)) * values[pixels.clip(0, size - 1)]
    return result


def _places(size: int, new_size: int, areas: bool) -> Array:
    """The places of the new pixels along an axis, in units of the old ones."""
    new = np.arange(new_size)
    if areas:
        return ((2 * new + 1) * size - new_size) / (2 * new_size)  # Halves are exact.
    return new * (size - 1) / max(new_size - 1, 1)


def _nearest(distance: Array) -> Array:
    return np.where((distance >= -0.5) & (distance < 0.5), 1.0, 0.0)


def _linear(distance: Array) -> Array:
    weights: Array = np.maximum(1 - np.abs(distance), 0)
    return weights


def _cubic(distance: Array) -> Array:
    """Keys, "Cubic convolution interpolation for digital image processing", 1981, with a = -1/2."""
    x = np.abs(distance)
    near, far = (1.5 * x - 2.5) * x * x + 1, ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x <= 1, near, np.where(x < 2, far, 0.0))


# Weights of an old pixel, as functions of its distance from the new one.
_WEIGHTS: dict[int, Callable[[Array], Array]] = {0: _nearest, 1: _linear, 3: _cubic}
