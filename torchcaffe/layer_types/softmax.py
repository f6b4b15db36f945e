"""Softmax: values turned into probabilities along an axis."""

from collections.abc import Sequence

import torch

from torchcaffe.layer_types.layer import Blobs, NeuronLayer


class SoftmaxLayer(NeuronLayer):
    """y_i = exp(x_i) / sum_j exp(x_j) along `axis` (1).

    Source: Caffe 1.0, `src/caffe/layers/softmax_layer.cpp`.
    """

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        self.axis = self.canonical_axis(bottoms[0], self.param.softmax_param.axis)

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        self._y = torch.softmax(bottoms[0].data, self.axis)
        tops[0].data = self._y

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if propagate_down[0]:
            d_y = tops[0].diff
            bottoms[0].diff = (d_y - (d_y * self._y).sum(self.axis, keepdim=True)) * self._y
