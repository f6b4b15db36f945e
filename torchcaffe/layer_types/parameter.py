"""Parameter: a learned blob that other layers read as a bottom."""

from collections.abc import Sequence

from torchcaffe.layer_types.layer import Blobs, Layer


class ParameterLayer(Layer):
    """y is the layer's param itself, of the shape given and zero at first; the param gains dy.

    In Caffe the param's diff is the top's, which each backward pass overwrites; here it adds up, as that of
    every other param, so that `iter_size` counts every batch.
    Source: Caffe 1.0, `include/caffe/layers/parameter_layer.hpp`.
    """

    exact_bottoms = 0
    exact_tops = 1

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        self.add_param(tuple(self.param.parameter_param.shape.dim))

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        tops[0].reshape(*self.blobs[0].shape)

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        tops[0].data = self.blobs[0].data

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if self.param_propagate_down[0]:
            self.blobs[0].diff.add_(tops[0].diff)
