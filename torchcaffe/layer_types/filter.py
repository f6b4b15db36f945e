"""Filter: lets the items through that a selector chooses."""

from collections.abc import Sequence

import torch

from torchcaffe.layer_types.layer import Blobs, Layer


class FilterLayer(Layer):
    """Each top holds the items of its bottom whose selector is not 0; the others have gradient 0.

    Bottoms: any number of blobs (N, ...), last the selector (N), (N, 1), ...; tops: one for each but the
    selector, (M, ...), where M, the number of chosen items, changes from batch to batch. Until the first
    batch M = N. The selector has no gradient. On a GPU, M makes every batch wait.
    Source: Caffe 1.0, `src/caffe/layers/filter_layer.cpp`.
    """

    min_bottoms = 2
    min_tops = 1

    def allows_force_backward(self, bottom_index: int) -> bool:
        return bottom_index < len(self.param.bottom) - 1

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        if len(tops) != len(bottoms) - 1:
            self.fail(
                f"{len(tops)} tops for {len(bottoms)} bottoms: expected a top for each bottom but the last, "
                "the selector"
            )
        self._is_set_up = False

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        selector, n = bottoms[-1], bottoms[-1].shape[0]
        if selector.count != n:
            self.fail(f"its selector has shape {selector.shape}: expected one value for each item")
        for name, bottom in zip(self.bottom_names, bottoms, strict=True):
            if bottom.shape[0] != n:
                self.fail(f"its bottom '{name}' holds {bottom.shape[0]} items: expected {n}, as its selector")
        self._chosen = selector.data.flatten().nonzero().flatten()
        m = len(self._chosen) if self._is_set_up else n
        self._is_set_up = True
        for top, bottom in zip(tops, bottoms, strict=False):
            top.reshape(m, *bottom.shape[1:])

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        for top, bottom in zip(tops, bottoms, strict=False):
            top.data = bottom.data[self._chosen]

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if propagate_down[-1]:
            self.fail("it cannot propagate a gradient to its selector")
        for top, bottom, wanted in zip(tops, bottoms, propagate_down, strict=False):
            if wanted:
                bottom.diff = torch.zeros_like(bottom.data).index_copy(0, self._chosen, top.diff)
