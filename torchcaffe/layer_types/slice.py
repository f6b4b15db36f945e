"""Slice: a blob cut into several along an axis."""

from collections.abc import Sequence
from itertools import pairwise

import torch

from torchcaffe.blob import shape_string
from torchcaffe.layer_types.layer import Blobs, Layer


class SliceLayer(Layer):
    """The bottom cut along `axis` (1; `slice_dim` in old files): before each `slice_point`, or evenly.

    One top is the bottom itself; several are copies of its parts.
    Source: Caffe 1.0, `src/caffe/layers/slice_layer.cpp`.
    """

    exact_bottoms = 1
    min_tops = 1

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        param = self.param.slice_param
        if param.HasField("axis") and param.HasField("slice_dim"):
            self.fail("it has an axis and a slice_dim: they mean the same, give one")
        if len(param.slice_point) not in (0, len(tops) - 1):
            self.fail(f"{len(param.slice_point)} slice_point for {len(tops)} tops: give none, or one fewer")

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        param = self.param.slice_param
        axis = param.slice_dim if param.HasField("slice_dim") else param.axis
        self.axis = self.canonical_axis(bottoms[0], axis)
        shape = bottoms[0].shape
        self._sizes = self._cut(shape[self.axis], len(tops), shape_string(shape))
        for top, size in zip(tops, self._sizes, strict=True):
            top.reshape(*shape[: self.axis], size, *shape[self.axis + 1 :])

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        parts = torch.split_with_sizes(bottoms[0].data, self._sizes, self.axis)
        if len(tops) == 1:
            tops[0].data = parts[0]
            return
        for top, part in zip(tops, parts, strict=True):
            top.bind_copy(part)

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if propagate_down[0]:
            bottoms[0].diff = torch.cat([top.diff for top in tops], self.axis)

    def _cut(self, length: int, parts: int, shape: str) -> list[int]:
        points = list(self.param.slice_param.slice_point)
        if points or parts == 1:
            sizes = [b - a for a, b in pairwise([0, *points, length])]
            if min(sizes) < 1:
                self.fail(
                    f"its slice points {points} must rise from more than 0 to less than {length}, the length "
                    f"of axis {self.axis} of its bottom of shape {shape}"
                )
            return sizes
        if length % parts:
            self.fail(f"axis {self.axis} of its bottom of shape {shape} cannot be cut into {parts} alike")
        return [length // parts] * parts
