"""Split: one blob for several readers, whose gradients add up."""

from functools import reduce

import torch

from torchcaffe.fast.op import Op


class Split(Op):
    """Each top is the bottom. Its gradient is the sum of those that readers gave, added up in place if possible."""

    takes_bf16 = True

    def forward(self) -> None:
        self.reshape()
        for top in self.tops:
            top.data = self.bottoms[0].data

    def backward(self) -> None:
        first, *rest = self.take_diffs()
        if rest and self.may_overwrite:
            for other in rest:
                first.add_(other)
            self.bottoms[0].diff = first
        else:
            self.bottoms[0].diff = reduce(torch.add, rest, first)
