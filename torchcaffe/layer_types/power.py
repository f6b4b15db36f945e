"""Power: a power of a linear function."""

from collections.abc import Sequence

import torch

from torchcaffe.layer_types.layer import Blobs, NeuronLayer


class PowerLayer(NeuronLayer):
    """y = (shift + scale x)^power. With scale or power 0, y is constant and its gradient 0.

    The gradient is power scale (shift + scale x)^(power - 1) where Caffe divides y by (shift + scale x): they
    differ only where that is 0, and Caffe gives NaN.
    Source: Caffe 1.0, `src/caffe/layers/power_layer.cpp`.
    """

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        param = self.param.power_param
        self.power, self.scale, self.shift = param.power, param.scale, param.shift
        self.constant = self.power * self.scale == 0

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        if self.constant:
            tops[0].data = torch.full_like(bottoms[0].data, self.shift).pow(self.power)
            return
        self._inner = bottoms[0].data * self.scale + self.shift
        tops[0].data = self._inner if self.power == 1 else self._inner.pow(self.power)

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if not propagate_down[0]:
            return
        if self.constant:
            bottoms[0].diff = torch.zeros_like(tops[0].diff)
        elif self.power == 1:
            bottoms[0].diff = tops[0].diff * self.scale
        else:
            bottoms[0].diff = tops[0].diff * (self.power * self.scale * self._inner.pow(self.power - 1))
