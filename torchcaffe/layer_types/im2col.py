"""Im2col: the columns that turn a convolution into a matrix product."""

from collections.abc import Iterator, Sequence
from itertools import product
from types import EllipsisType

import torch
import torch.nn.functional as F  # noqa: N812

from torchcaffe.blob import shape_string
from torchcaffe.layer_types.layer import Blobs, Layer
from torchcaffe.layer_types.shared.conv_geometry import read_geometry


class Im2colLayer(Layer):
    """y[n, (c, k), i] = x[n, c, i stride + k dilation - pad], 0 outside; dx sums up dy over the windows.

    k runs over the K places of the window, last axis fastest. Bottom (N, C, H, W) gives top (N, C K, H', W'); one
    or three spatial axes work likewise. The window is that of a `convolution_param`.
    Source: Caffe 1.0, `src/caffe/layers/im2col_layer.cpp`, `src/caffe/util/im2col.cpp`.
    """

    exact_bottoms = 1
    exact_tops = 1

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        self.geometry = read_geometry(self, bottoms[0])

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        shape, axis = bottoms[0].shape, self.geometry.channel_axis
        self._size = self.geometry.output_size(shape[axis + 1 :])
        if min(self._size) < 1:
            self.fail(f"its window is larger than its padded bottom of shape {shape_string(shape)}")
        self._places = list(product(*map(range, self.geometry.kernel)))
        tops[0].reshape(*shape[:axis], shape[axis] * len(self._places), *self._size)

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        x = F.pad(bottoms[0].data, self._padding())
        columns = [x[part] for part in self._parts()]
        tops[0].data = torch.stack(columns, self.geometry.channel_axis + 1).view(tops[0].shape)

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if not propagate_down[0]:
            return
        shape, axis = bottoms[0].shape, self.geometry.channel_axis
        columns = tops[0].diff.view(*shape[: axis + 1], len(self._places), *self._size)
        padded = F.pad(torch.zeros_like(bottoms[0].data), self._padding())
        for part, column in zip(self._parts(), columns.unbind(axis + 1), strict=True):
            padded[part] += column
        bottoms[0].diff = F.pad(padded, [-p for p in self._padding()])

    def _parts(self) -> Iterator[tuple[slice | EllipsisType, ...]]:
        """For each place in the window, the index of the padded bottom's pixels that fall on it."""
        g = self.geometry
        for place in self._places:
            starts = [k * d for k, d in zip(place, g.dilation, strict=True)]
            yield (
                ...,
                *(
                    slice(start, start + stride * (size - 1) + 1, stride)
                    for start, stride, size in zip(starts, g.stride, self._size, strict=True)
                ),
            )

    def _padding(self) -> list[int]:
        """The pad before and after each axis, last axis first: the order of `torch.nn.functional.pad`."""
        return [p for p in reversed(self.geometry.pad) for _ in range(2)]
