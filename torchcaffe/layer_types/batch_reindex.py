"""BatchReindex: chooses, repeats and reorders the items of a batch."""

from collections.abc import Sequence

import torch

from torchcaffe.layer_types.layer import Blobs, Layer
from torchcaffe.layer_types.shared.indices import read_indices


class BatchReindexLayer(Layer):
    """y[i] = x[index[i]] along the first axis; dx[j] is the sum of dy[i] over the i with index[i] = j.

    Bottoms: x (N, ...) and the M indices, which have no gradient. Top: (M, ...).
    Source: Caffe 1.0, `src/caffe/layers/batch_reindex_layer.cpp`.
    """

    exact_bottoms = 2
    exact_tops = 1

    def allows_force_backward(self, bottom_index: int) -> bool:
        return bottom_index == 0

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        if len(bottoms[1].shape) != 1:
            self.fail(f"its indices have shape {bottoms[1].shape}: expected one axis")
        tops[0].reshape(bottoms[1].shape[0], *bottoms[0].shape[1:])

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        self._index = read_indices(self, bottoms[1], bottoms[0].shape[0])
        tops[0].data = bottoms[0].data[self._index]

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if propagate_down[1]:
            self.fail("it cannot propagate a gradient to its indices")
        if propagate_down[0]:
            zeros = torch.zeros_like(bottoms[0].data)
            bottoms[0].diff = zeros.index_add(0, self._index, tops[0].diff)
