"""Reshape: the same values in another shape."""

from collections.abc import Sequence
from math import prod

from torchcaffe.blob import Shape, shape_string
from torchcaffe.layer_types.layer import Blobs, Layer


class ReshapeLayer(Layer):
    """Replaces `num_axes` axes (-1: all to the end) from `axis` on by the dims of `shape`.

    A dim 0 copies the bottom's at that place; one dim may be -1, and is what is left.
    Source: Caffe 1.0, `src/caffe/layers/reshape_layer.cpp`.
    """

    exact_bottoms = 1
    exact_tops = 1

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        if tops[0] is bottoms[0]:
            self.fail("it cannot work in place: name its top otherwise than its bottom")
        dims = self.param.reshape_param.shape.dim
        if min(dims, default=0) < -1 or list(dims).count(-1) > 1:
            self.fail(f"its dims are {list(dims)}: each must be at least 0, or one of them -1")

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        old = bottoms[0].shape
        start, end = self._replaced(old)
        new = [self._copied(old, start + i) if dim == 0 else dim for i, dim in enumerate(self._dims())]
        if -1 in new:
            rest = prod(d for d in (*old[:start], *new, *old[end:]) if d != -1)
            new[new.index(-1)] = prod(old) // rest if rest else 0
        shape = (*old[:start], *new, *old[end:])
        if prod(shape) != prod(old):
            self.fail(f"its bottom of shape {shape_string(old)} has not as many values as dims {self._dims()} give")
        tops[0].reshape(*shape)

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        tops[0].data = bottoms[0].data.view(tops[0].shape)

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if propagate_down[0]:
            bottoms[0].diff = tops[0].diff.view(bottoms[0].shape)

    def _dims(self) -> list[int]:
        return list(self.param.reshape_param.shape.dim)

    def _replaced(self, old: Shape) -> tuple[int, int]:
        """The first axis that is replaced, and the one after the last."""
        param = self.param.reshape_param
        start = param.axis if param.axis >= 0 else len(old) + param.axis + 1
        end = len(old) if param.num_axes == -1 else start + param.num_axes
        if not 0 <= start <= end <= len(old):
            self.fail(
                f"axis {param.axis} and num_axes {param.num_axes} reach beyond its bottom of shape {shape_string(old)}"
            )
        return start, end

    def _copied(self, old: Shape, axis: int) -> int:
        if axis >= len(old):
            self.fail(f"a dim 0 copies axis {axis}, but its bottom has shape {shape_string(old)}")
        return old[axis]
