"""Tile: copies of a blob, side by side."""

from collections.abc import Sequence

import torch

from torchcaffe.layer_types.layer import Blobs, Layer


class TileLayer(Layer):
    """`tiles` copies of the bottom joined along `axis`; the bottom's gradient is the sum of the copies'.

    Source: Caffe 1.0, `src/caffe/layers/tile_layer.cpp`.
    """

    exact_bottoms = 1
    exact_tops = 1

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        param = self.param.tile_param
        if param.tiles <= 0:
            self.fail(f"tile_param.tiles is {param.tiles} (0 if not given): it must be positive")
        self._axis = self.canonical_axis(bottoms[0], param.axis)

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        shape = list(bottoms[0].shape)
        shape[self._axis] *= self.param.tile_param.tiles
        tops[0].reshape(*shape)

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        tops[0].data = torch.cat([bottoms[0].data] * self.param.tile_param.tiles, dim=self._axis)

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if propagate_down[0]:
            copies = tops[0].diff.chunk(self.param.tile_param.tiles, dim=self._axis)
            bottoms[0].diff = torch.stack(copies).sum(0)
