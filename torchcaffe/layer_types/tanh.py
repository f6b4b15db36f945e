"""TanH: the hyperbolic tangent."""

from collections.abc import Sequence

import torch

from torchcaffe.layer_types.layer import Blobs, NeuronLayer


class TanHLayer(NeuronLayer):
    """y = tanh(x), with gradient dx = (1 - y^2) dy.

    Source: Caffe 1.0, `src/caffe/layers/tanh_layer.cpp`.
    """

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        self._y = torch.tanh(bottoms[0].data)
        tops[0].data = self._y

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if propagate_down[0]:
            bottoms[0].diff = tops[0].diff * (1 - self._y * self._y)
