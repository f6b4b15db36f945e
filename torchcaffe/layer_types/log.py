"""Log: the logarithm of a linear function."""

from collections.abc import Sequence

from torchcaffe.layer_types.layer import Blobs, NeuronLayer
from torchcaffe.layer_types.shared.logarithm import log_of_base


class LogLayer(NeuronLayer):
    """y = log_base(shift + scale x); base -1 is e. Source: Caffe 1.0, `src/caffe/layers/log_layer.cpp`."""

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        param = self.param.log_param
        self.log_base = log_of_base(self, param.base)
        if self.log_base == 0:
            self.fail("its base is 1: there is no logarithm to base 1")
        self.scale, self.shift = param.scale, param.shift

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        self._inner = bottoms[0].data * self.scale + self.shift
        tops[0].data = self._inner.log() / self.log_base

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if propagate_down[0]:
            bottoms[0].diff = tops[0].diff * (self.scale / self.log_base) / self._inner
