"""Concat: blobs put one after the other along an axis."""

from collections.abc import Sequence

import torch

from torchcaffe.blob import shape_string
from torchcaffe.layer_types.layer import Blobs, Layer


class ConcatLayer(Layer):
    """The bottoms one after the other along `axis` (1; `concat_dim` in old files); other axes must agree.

    Source: Caffe 1.0, `src/caffe/layers/concat_layer.cpp`.
    """

    min_bottoms = 1
    exact_tops = 1

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        param = self.param.concat_param
        if param.HasField("axis") and param.HasField("concat_dim"):
            self.fail("it has an axis and a concat_dim: they mean the same, give one")

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        param = self.param.concat_param
        axis = param.concat_dim if param.HasField("concat_dim") else param.axis
        self.axis = self.canonical_axis(bottoms[0], axis)
        shape = list(bottoms[0].shape)
        for name, bottom in zip(self.bottom_names, bottoms, strict=True):
            if _without(bottom.shape, self.axis) != _without(bottoms[0].shape, self.axis):
                self.fail(
                    f"along axis {self.axis} it cannot join '{self.bottom_names[0]}' of shape "
                    f"{shape_string(bottoms[0].shape)} and '{name}' of shape {shape_string(bottom.shape)}: their "
                    "other axes must agree"
                )
        shape[self.axis] = sum(bottom.shape[self.axis] for bottom in bottoms)
        tops[0].reshape(*shape)

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        tops[0].data = torch.cat([bottom.data for bottom in bottoms], self.axis)

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        parts = torch.split_with_sizes(tops[0].diff, [bottom.shape[self.axis] for bottom in bottoms], self.axis)
        for bottom, part, down in zip(bottoms, parts, propagate_down, strict=True):
            if down:
                bottom.diff = part


def _without(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return shape[:axis] + shape[axis + 1 :]
