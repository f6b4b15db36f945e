"""Flatten: several axes made one."""

from collections.abc import Sequence
from math import prod

from torchcaffe.layer_types.layer import Blobs, Layer


class FlattenLayer(Layer):
    """The same values with the axes from `axis` (1) to `end_axis` (-1, the last) as one.

    Bottom (N, C, H, W), top (N, C H W) by default.
    Source: Caffe 1.0, `src/caffe/layers/flatten_layer.cpp`.
    """

    exact_bottoms = 1
    exact_tops = 1

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        if tops[0] is bottoms[0]:
            self.fail("it cannot work in place: name its top otherwise than its bottom")
        param = self.param.flatten_param
        start = self.canonical_axis(bottoms[0], param.axis)
        end = self.canonical_axis(bottoms[0], param.end_axis) + 1
        if end <= start:
            self.fail(f"its end_axis {end - 1} lies before its axis {start}")
        shape = bottoms[0].shape
        tops[0].reshape(*shape[:start], prod(shape[start:end]), *shape[end:])

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        tops[0].data = bottoms[0].data.view(tops[0].shape)

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if propagate_down[0]:
            bottoms[0].diff = tops[0].diff.view(bottoms[0].shape)
