"""Turns images into values for a net's input blobs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from torchcaffe.pycaffe.resize import resize_image

Array = npt.NDArray[Any]


class Transformer:
    """Turns images (H', W', K), as `load_image` gives them, into values for inputs (K, H, W), and back.

    The steps set for an input are done in this order: resize to (H, W), transpose, swap channels, times
    raw_scale, minus mean, times input_scale. Source: Caffe 1.0, `python/caffe/io.py`.

    Args:
        inputs: shapes (N, K, H, W) by input name, such as `{"data": net.blobs["data"].data.shape}`.
    """

    def __init__(self, inputs: Mapping[str, Sequence[int]]) -> None:
        self.inputs = {name: tuple(shape) for name, shape in inputs.items()}
        self.transpose: dict[str, Sequence[int]] = {}
        self.channel_swap: dict[str, Sequence[int]] = {}
        self.raw_scale: dict[str, float] = {}
        self.mean: dict[str, Array] = {}
        self.input_scale: dict[str, float] = {}

    def preprocess(self, in_: str, data: Array) -> Array:
        """The image (H', W', K) as float32 (K, H, W) for the input `in_`."""
        self._check_input(in_)
        values = np.array(data, dtype=np.float32)
        size = self.inputs[in_][2:]
        if values.shape[:2] != size:
            values = resize_image(values, size)
        if in_ in self.transpose:
            values = values.transpose(self.transpose[in_])
        if in_ in self.channel_swap:
            values = values[list(self.channel_swap[in_])]
        if in_ in self.raw_scale:
            values = values * np.float32(self.raw_scale[in_])
        if in_ in self.mean:
            values = values - self.mean[in_].astype(np.float32)
        if in_ in self.input_scale:
            values = values * np.float32(self.input_scale[in_])
        return values

    def deprocess(self, in_: str, data: Array) -> Array:
        """Undoes `preprocess`, except for the size: turns values (K, H, W) into an image."""
        self._check_input(in_)
        values = np.array(data, dtype=np.float32).squeeze()
        if in_ in self.input_scale:
            values = values / np.float32(self.input_scale[in_])
        if in_ in self.mean:
            values = values + self.mean[in_].astype(np.float32)
        if in_ in self.raw_scale:
            values = values / np.float32(self.raw_scale[in_])
        if in_ in self.channel_swap:
            values = values[np.argsort(self.channel_swap[in_])]
        if in_ in self.transpose:
            values = values.transpose(np.argsort(self.transpose[in_]))
        return values

    def set_transpose(self, in_: str, order: Sequence[int]) -> None:
        """The order of axes: (2, 0, 1) turns (H, W, K) into (K, H, W)."""
        self._check_input(in_)
        self._check(len(order) == len(self.inputs[in_]) - 1, in_, f"an order of {len(order)} axes")
        self.transpose[in_] = order

    def set_channel_swap(self, in_: str, order: Sequence[int]) -> None:
        """The order of channels, after the transpose: (2, 1, 0) turns RGB into BGR."""
        self._check_input(in_)
        self._check(len(order) == self.inputs[in_][1], in_, f"an order of {len(order)} channels")
        self.channel_swap[in_] = order

    def set_raw_scale(self, in_: str, scale: float) -> None:
        """A factor before the mean is taken off: 255 for nets that were trained on values 0 to 255."""
        self._check_input(in_)
        self.raw_scale[in_] = scale

    def set_mean(self, in_: str, mean: Array) -> None:
        """The mean to take off: (K), or (K, H', W'), resized where need be, or (H, W)."""
        self._check_input(in_)
        shape = self.inputs[in_][1:]
        if mean.ndim == 1:
            self._check(len(mean) == shape[0], in_, f"a mean of {len(mean)} channels")
            mean = mean[:, np.newaxis, np.newaxis]
        elif mean.ndim == 2:
            mean = mean[np.newaxis]
        self._check(mean.ndim == 3, in_, f"a mean of {mean.ndim} axes")
        if mean.shape[1:] not in ((1, 1), shape[1:]):
            mean = resize_image(mean.transpose(1, 2, 0), shape[1:]).transpose(2, 0, 1)
        self._check(mean.shape[0] in (1, shape[0]), in_, f"a mean of {mean.shape[0]} channels")
        self.mean[in_] = mean

    def set_input_scale(self, in_: str, scale: float) -> None:
        """A factor after the mean is taken off."""
        self._check_input(in_)
        self.input_scale[in_] = scale

    def _check_input(self, in_: str) -> None:
        if in_ not in self.inputs:
            raise ValueError(f"'{in_}' is not one of the net's inputs: {', '.join(self.inputs)}")

    def _check(self, fits: bool, in_: str, what: str) -> None:
        if not fits:
            raise ValueError(f"input '{in_}' of shape {self.inputs[in_]} cannot take {what}")
