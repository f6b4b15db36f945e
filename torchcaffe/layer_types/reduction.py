"""Reduction: the last axes summed up."""

from collections.abc import Sequence

from torchcaffe.layer_types.layer import Blobs, Layer
from torchcaffe.proto.caffe_pb2 import ReductionParameter


class ReductionLayer(Layer):
    """y = coeff times the sum (SUM), mean (MEAN), sum of |x| (ASUM) or sum of x^2 (SUMSQ) over the last axes.

    These are the axes from `axis` (0) on; the top has those before it, none for axis 0.
    Source: Caffe 1.0, `src/caffe/layers/reduction_layer.cpp`.
    """

    exact_bottoms = 1
    exact_tops = 1

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        self.operation = self.param.reduction_param.operation

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        axis = self.canonical_axis(bottoms[0], self.param.reduction_param.axis)
        tops[0].reshape(*bottoms[0].shape[:axis])
        self._rows = tops[0].count
        self.coeff = self.param.reduction_param.coeff
        if self.operation == ReductionParameter.MEAN:
            self.coeff /= bottoms[0].count // max(1, self._rows)

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        self._x = x = bottoms[0].data.reshape(self._rows, -1)
        if self.operation == ReductionParameter.ASUM:
            x = x.abs()
        elif self.operation == ReductionParameter.SUMSQ:
            x = x.square()
        tops[0].data = (x.sum(1) * self.coeff).view(tops[0].shape)

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if not propagate_down[0]:
            return
        d_x = (tops[0].diff * self.coeff).view(self._rows, 1)
        if self.operation == ReductionParameter.ASUM:
            d_x = d_x * self._x.sign()
        elif self.operation == ReductionParameter.SUMSQ:
            d_x = d_x * 2 * self._x
        bottoms[0].diff = d_x.expand_as(self._x).reshape(bottoms[0].shape)
