"""Scale: a blob multiplied along some axes of another, with a bias if asked for."""

from collections.abc import Sequence

from torchcaffe.layer_types.layer import Blobs, Layer
from torchcaffe.layer_types.shared.broadcast import gather, param_shape, spread_shape
from torchcaffe.proto import caffe_pb2


class ScaleLayer(Layer):
    """y = x s, or x s + b with `bias_term: true`; s and b are spread over the axes of x that they lack.

    s is a param of the shape of x's `num_axes` axes from `axis` on, filled by `filler` (one), or, where there
    is one, the second bottom. b is a param of the shape of s, filled by `bias_filler` (zero).
    Source: Caffe 1.0, `src/caffe/layers/scale_layer.cpp`.
    """

    min_bottoms = 1
    max_bottoms = 2
    exact_tops = 1

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        param = self.param.scale_param
        if len(bottoms) == 1:
            one = caffe_pb2.FillerParameter(type="constant", value=1)
            shape = param_shape(self, bottoms[0], param.axis, param.num_axes)
            self.add_param(shape, param.filler if param.HasField("filler") else one)
        if param.bias_term:
            shape = bottoms[1].shape if len(bottoms) > 1 else self.blobs[0].shape
            self.add_param(shape, param.bias_filler)

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        scale = (*bottoms[1:], *self.blobs)[0]
        self.spread = spread_shape(self, bottoms[0], scale, self.param.scale_param.axis)
        tops[0].reshape(*bottoms[0].shape)

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        scale = (*bottoms[1:], *self.blobs)[0]
        self._x, self._scale = bottoms[0].data, scale.data.view(self.spread)
        y = self._x * self._scale
        if self.param.scale_param.bias_term:
            y = y + self.blobs[-1].data.view(self.spread)
        tops[0].data = y

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        d_y = tops[0].diff
        if self.param.scale_param.bias_term and self.param_propagate_down[-1]:
            self.blobs[-1].diff.add_(gather(d_y, self.spread, self.blobs[-1].shape))
        if len(bottoms) > 1 and propagate_down[1]:
            bottoms[1].diff = gather(d_y * self._x, self.spread, bottoms[1].shape)
        if len(bottoms) == 1 and self.param_propagate_down[0]:
            self.blobs[0].diff.add_(gather(d_y * self._x, self.spread, self.blobs[0].shape))
        if propagate_down[0]:
            bottoms[0].diff = d_y * self._scale
