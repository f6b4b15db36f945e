"""Sigmoid: the logistic function."""

from collections.abc import Sequence

import torch

from torchcaffe.layer_types.layer import Blobs, NeuronLayer


class SigmoidLayer(NeuronLayer):
    """y = 1 / (1 + exp(-x)), with gradient dx = y (1 - y) dy.

    Source: Caffe 1.0, `src/caffe/layers/sigmoid_layer.cpp`.
    """

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        self._y = torch.sigmoid(bottoms[0].data)
        tops[0].data = self._y

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if propagate_down[0]:
            bottoms[0].diff = tops[0].diff * self._y * (1 - self._y)
