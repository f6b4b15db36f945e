"""PReLU: a rectifier whose slope for negative inputs is learned."""

from collections.abc import Sequence

import torch

from torchcaffe.layer_types.layer import Blobs, NeuronLayer
from torchcaffe.proto import caffe_pb2


class PReLULayer(NeuronLayer):
    """y = max(x, 0) + a_c min(x, 0), with one slope a_c for each channel c (axis 1), or one for all.

    Where x <= 0, dx = a_c dy and da_c gains the sum of x dy; elsewhere dx = dy. Params: the slopes, of shape
    (C,), or () with `channel_shared`; 0.25 unless a filler says otherwise.
    Source: Caffe 1.0, `src/caffe/layers/prelu_layer.cpp`; He et al. 2015.
    """

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        shape = bottoms[0].shape
        if len(shape) < 2:
            self.fail(f"its bottom has {len(shape)} axes: it needs at least 2, items and channels")
        param = self.param.prelu_param
        quarter = caffe_pb2.FillerParameter(type="constant", value=0.25)
        filler = param.filler if param.HasField("filler") else quarter
        self.add_param(() if param.channel_shared else (shape[1],), filler)

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        self._x = bottoms[0].data
        tops[0].data = self._x.clamp(min=0) + self._slopes() * self._x.clamp(max=0)

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        dy = tops[0].diff
        if self.param_propagate_down[0]:
            slope_diff = dy * self._x.clamp(max=0)
            axes = [axis for axis in range(slope_diff.dim()) if axis != 1 or not self.blobs[0].shape]
            self.blobs[0].diff.add_(slope_diff.sum(axes))
        if propagate_down[0]:
            bottoms[0].diff = torch.where(self._x > 0, dy, dy * self._slopes())

    def _slopes(self) -> torch.Tensor:
        """The slopes in a shape that lines them up with the bottom's channels."""
        return self.blobs[0].data.view(-1, *[1] * (self._x.dim() - 2))
