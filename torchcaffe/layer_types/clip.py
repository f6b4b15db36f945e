"""Clip: values held within two bounds."""

from collections.abc import Sequence

from torchcaffe.layer_types.layer import Blobs, NeuronLayer


class ClipLayer(NeuronLayer):
    """y = max(min, min(x, max)); the gradient passes where min <= x <= max, both bounds included.

    In place, the gradient is that of the value before it was overwritten (Caffe lets all of it pass there).
    Source: Caffe 1.0, `src/caffe/layers/clip_layer.cpp`.
    """

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        if not self.param.HasField("clip_param"):
            self.fail("it has no bounds: give clip_param { min: .. max: .. }")
        self._min, self._max = self.param.clip_param.min, self.param.clip_param.max

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        self._x = bottoms[0].data
        tops[0].data = self._x.clamp(max=self._max).clamp(min=self._min)

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if propagate_down[0]:
            inside = (self._x >= self._min) & (self._x <= self._max)
            bottoms[0].diff = tops[0].diff * inside
