"""Swish: the input times a sigmoid of itself."""

from collections.abc import Sequence

import torch

from torchcaffe.layer_types.layer import Blobs, NeuronLayer


class SwishLayer(NeuronLayer):
    """y = x s with s = 1 / (1 + exp(-beta x)); its gradient is dx = (beta y + s (1 - beta y)) dy.

    Source: Caffe 1.0, `src/caffe/layers/swish_layer.cpp`; Ramachandran et al. 2017.
    """

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        x = bottoms[0].data
        self._s = torch.sigmoid(self.param.swish_param.beta * x)
        self._y = x * self._s
        tops[0].data = self._y

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if propagate_down[0]:
            beta_y = self.param.swish_param.beta * self._y
            bottoms[0].diff = tops[0].diff * (beta_y + self._s * (1 - beta_y))
