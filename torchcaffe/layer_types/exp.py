"""Exp: a power of a fixed base."""

import math
from collections.abc import Sequence

from torchcaffe.layer_types.layer import Blobs, NeuronLayer
from torchcaffe.layer_types.shared.logarithm import log_of_base


class ExpLayer(NeuronLayer):
    """y = base^(shift + scale x); base -1 is e. Source: Caffe 1.0, `src/caffe/layers/exp_layer.cpp`."""

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        param = self.param.exp_param
        log_base = log_of_base(self, param.base)
        self.inner_scale = log_base * param.scale
        self.outer_scale = math.exp(log_base * param.shift)

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        self._y = (bottoms[0].data * self.inner_scale).exp() * self.outer_scale
        tops[0].data = self._y

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if propagate_down[0]:
            bottoms[0].diff = tops[0].diff * self._y * self.inner_scale
