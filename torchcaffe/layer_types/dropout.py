"""Dropout: values set to zero at random in training."""

from collections.abc import Sequence

import torch

from torchcaffe.layer_types.layer import Blobs, NeuronLayer
from torchcaffe.rng import caffe_rng_bernoulli


class DropoutLayer(NeuronLayer):
    """y = x / (1 - dropout_ratio) with probability 1 - dropout_ratio, else 0; in TEST y = x.

    The global generator is drawn from once a value, on the CPU whatever the device, also for a ratio of 0.
    Source: Caffe 1.0, `src/caffe/layers/dropout_layer.cpp`; Hinton et al. 2012.
    """

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        self.ratio = self.param.dropout_param.dropout_ratio
        if not 0 <= self.ratio < 1:  # For a ratio of 1 Caffe divides by zero: all values become NaN.
            self.fail(f"its dropout_ratio is {self.ratio:g}: it must be at least 0 and less than 1")

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        x = bottoms[0].data
        if not self.train:
            if tops[0] is not bottoms[0]:
                tops[0].bind_copy(x)
            return
        kept = caffe_rng_bernoulli(self.place.rng, x.numel(), 1 - self.ratio)
        self._factor = torch.from_numpy(kept).view(x.shape).to(x.device, x.dtype) * (1 / (1 - self.ratio))
        tops[0].data = x * self._factor

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if propagate_down[0]:
            bottoms[0].diff = tops[0].diff * self._factor if self.train else tops[0].diff
