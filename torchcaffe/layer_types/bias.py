"""Bias: a blob added along some axes of another."""

from collections.abc import Sequence

from torchcaffe.layer_types.layer import Blobs, Layer
from torchcaffe.layer_types.shared.broadcast import gather, param_shape, spread_shape


class BiasLayer(Layer):
    """y = x + b, with b spread over the axes of x that it does not have.

    b is a param of the shape of x's `num_axes` axes from `axis` on, filled by `filler` (zero), or, where
    there is one, the second bottom. Source: Caffe 1.0, `src/caffe/layers/bias_layer.cpp`.
    """

    min_bottoms = 1
    max_bottoms = 2
    exact_tops = 1

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        param = self.param.bias_param
        if len(bottoms) == 1:
            self.add_param(param_shape(self, bottoms[0], param.axis, param.num_axes), param.filler)

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        bias = (*bottoms[1:], *self.blobs)[0]
        self._spread = spread_shape(self, bottoms[0], bias, self.param.bias_param.axis)
        tops[0].reshape(*bottoms[0].shape)

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        bias = (*bottoms[1:], *self.blobs)[0]
        tops[0].data = bottoms[0].data + bias.data.view(self._spread)

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        d_y = tops[0].diff
        if len(bottoms) > 1 and propagate_down[1]:
            bottoms[1].diff = gather(d_y, self._spread, bottoms[1].shape)
        if len(bottoms) == 1 and self.param_propagate_down[0]:
            self.blobs[0].diff.add_(gather(d_y, self._spread, self.blobs[0].shape))
        if propagate_down[0]:
            bottoms[0].diff = d_y
