"""AbsVal: the absolute value."""

from collections.abc import Sequence

from torchcaffe.layer_types.layer import Blobs, NeuronLayer


class AbsValLayer(NeuronLayer):
    """y = |x|, with gradient dx = sign(x) dy (0 at x = 0). It cannot work in place.

    Source: Caffe 1.0, `src/caffe/layers/absval_layer.cpp`.
    """

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        if tops[0] is bottoms[0]:
            self.fail("it cannot work in place: give its top another name than its bottom's")

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        self._x = bottoms[0].data
        tops[0].data = self._x.abs()

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if propagate_down[0]:
            bottoms[0].diff = tops[0].diff * self._x.sign()
