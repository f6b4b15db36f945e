"""Threshold: 1 above a threshold, 0 elsewhere."""

from torchcaffe.layer_types.layer import Blobs, NeuronLayer


class ThresholdLayer(NeuronLayer):
    """y = 1 where x > threshold, 0 elsewhere. It has no gradient: to ask for one is an error.

    Source: Caffe 1.0, `src/caffe/layers/threshold_layer.cpp`.
    """

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        x = bottoms[0].data
        tops[0].data = (x > self.param.threshold_param.threshold).to(x.dtype)
