"""SPP: spatial pyramid pooling."""

from collections.abc import Sequence
from math import ceil

import torch

from torchcaffe.blob import Blob, shape_string
from torchcaffe.layer_types.layer import Blobs, Layer
from torchcaffe.layer_types.pooling import PoolingLayer
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.caffe_pb2 import PoolingParameter, SPPParameter

_METHODS = {
    SPPParameter.MAX: PoolingParameter.MAX,
    SPPParameter.AVE: PoolingParameter.AVE,
    SPPParameter.STOCHASTIC: PoolingParameter.STOCHASTIC,
}


class SPPLayer(Layer):
    """Pools the whole image over 1, 2 x 2, 4 x 4, ... windows, and joins the results of all levels.

    At level l = 0 .. pyramid_height - 1 the windows of a height H are ceil(H / 2^l) high and do not overlap,
    and half of what the image lacks is padded above and below; widths likewise. (An image much smaller than
    that has fewer windows, or is refused.) The method is that of Pooling.
    Bottom (N, C, H, W); top: with pyramid_height 1 (N, C, 1, 1), else (N, values), level after level, each a
    flattened (C, windows down, windows across).
    Source: Caffe 1.0, `src/caffe/layers/spp_layer.cpp`; He et al. 2014.
    """

    exact_bottoms = 1
    exact_tops = 1

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        if self.param.spp_param.pyramid_height == 0:
            self.fail("spp_param gives no pyramid_height: it must be positive")

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        shape = bottoms[0].shape
        if len(shape) != 4:
            self.fail(f"its bottom must have 4 axes (N, C, H, W), but its shape is {shape_string(shape)}")
        self._levels, self._pooled = [], []
        for i in range(self.param.spp_param.pyramid_height):
            level, pooled = self._level(i, *shape[2:]), Blob((), self.place.device, self.place.dtype)
            level.set_up(bottoms, [pooled])  # Refuses a level with more bins than pixels.
            self._levels.append(level)
            self._pooled.append(pooled)
        if len(self._levels) == 1:
            tops[0].reshape(*self._pooled[0].shape)
        else:
            tops[0].reshape(shape[0], sum(pooled.count for pooled in self._pooled) // shape[0])

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        for level, pooled in zip(self._levels, self._pooled, strict=True):
            level.forward(bottoms, [pooled])
        joined = torch.cat([pooled.data.flatten(1) for pooled in self._pooled], dim=1)
        tops[0].data = joined.view(tops[0].shape)

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if not propagate_down[0]:
            return
        widths = [pooled.count // pooled.shape[0] for pooled in self._pooled]
        parts = torch.split_with_sizes(tops[0].diff.flatten(1), widths, 1)
        total = torch.zeros_like(bottoms[0].data)
        for level, pooled, part in zip(self._levels, self._pooled, parts, strict=True):
            pooled.diff = part.reshape(pooled.shape)
            level.backward([pooled], [True], bottoms)
            total = total + bottoms[0].diff
        bottoms[0].diff = total

    def _level(self, level: int, height: int, width: int) -> PoolingLayer:
        param = caffe_pb2.LayerParameter(name=f"{self.name}, level {level}", type="SPP", phase=self.param.phase)
        pooling, bins = param.pooling_param, 2**level
        pooling.pool = _METHODS[self.param.spp_param.pool]
        pooling.kernel_h = pooling.stride_h = ceil(height / bins)
        pooling.kernel_w = pooling.stride_w = ceil(width / bins)
        pooling.pad_h = (pooling.kernel_h * bins - height + 1) // 2
        pooling.pad_w = (pooling.kernel_w * bins - width + 1) // 2
        return PoolingLayer(param, self.place)
