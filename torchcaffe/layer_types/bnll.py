"""BNLL: the binomial normal log likelihood, also called softplus."""

from collections.abc import Sequence

import torch

from torchcaffe.layer_types.layer import Blobs, NeuronLayer

_LARGEST_EXPONENT = 50.0  # Where Caffe's gradient cuts off x, so that exp(x) stays finite.


class BNLLLayer(NeuronLayer):
    """y = log(1 + exp(x)), with gradient dx = dy e / (e + 1), where e = exp(min(x, 50)).

    In place, the gradient is that of the value before it was overwritten (Caffe takes y for x there).
    Source: Caffe 1.0, `src/caffe/layers/bnll_layer.cpp`.
    """

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        self._x = bottoms[0].data
        tops[0].data = self._x.clamp(min=0) + torch.log1p(torch.exp(-self._x.abs()))

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if propagate_down[0]:
            e = torch.exp(self._x.clamp(max=_LARGEST_EXPONENT))
            bottoms[0].diff = tops[0].diff * e / (e + 1)
