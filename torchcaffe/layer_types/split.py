"""Split: one blob for several readers."""

from collections.abc import Sequence
from functools import reduce

import torch

from torchcaffe.layer_types.layer import Blobs, Layer


class SplitLayer(Layer):
    """Each top is the bottom; the bottom's gradient is the sum of the tops'.

    The diff of a top that no reader writes is the zero it began as, and counts as such. One that a reader
    wrote in an earlier pass and not in this one (`backward_from_to` over a part of the net) counts with its
    old value, as in Caffe. Source: Caffe 1.0, `src/caffe/layers/split_layer.cpp`.
    """

    exact_bottoms = 1
    min_tops = 1

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        if any(top is bottoms[0] for top in tops):
            self.fail("it cannot work in place: name its tops otherwise than its bottom")
        for top in tops:
            top.reshape(*bottoms[0].shape)

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        for top in tops:
            top.data = bottoms[0].data

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if propagate_down[0]:
            bottoms[0].diff = reduce(torch.add, [top.diff for top in tops])
