"""ELU: the exponential linear unit."""

from collections.abc import Sequence

import torch

from torchcaffe.layer_types.layer import Blobs, NeuronLayer


class ELULayer(NeuronLayer):
    """y = x for x > 0, alpha (exp(x) - 1) otherwise; there dx = (alpha + y) dy, which at x = 0 is alpha dy.

    Source: Caffe 1.0, `src/caffe/layers/elu_layer.cpp`; Clevert et al. 2016.
    """

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        self._alpha = self.param.elu_param.alpha
        self._x = bottoms[0].data
        self._y = self._x.clamp(min=0) + self._alpha * torch.expm1(self._x.clamp(max=0))
        tops[0].data = self._y

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if propagate_down[0]:
            dy = tops[0].diff
            bottoms[0].diff = torch.where(self._x > 0, dy, dy * (self._alpha + self._y))
