"""ReLU: negative values cut to zero."""

from collections.abc import Sequence

import torch

from torchcaffe.layer_types.layer import Blobs, NeuronLayer


class ReLULayer(NeuronLayer):
    """y = max(x, 0) + negative_slope min(x, 0). Source: Caffe 1.0, `src/caffe/layers/relu_layer.cpp`."""

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        self._x = bottoms[0].data
        slope = self.param.relu_param.negative_slope
        tops[0].data = torch.nn.functional.leaky_relu(self._x, slope) if slope else torch.relu(self._x)

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if propagate_down[0]:
            d_y = tops[0].diff
            bottoms[0].diff = torch.where(self._x > 0, d_y, d_y * self.param.relu_param.negative_slope)
