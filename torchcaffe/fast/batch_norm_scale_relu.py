"""BatchNorm, Scale and ReLU in one: the blob is read once to normalise it, not once a layer."""

from typing import TYPE_CHECKING

import torch

from torchcaffe.fast.op import Op, channels_last
from torchcaffe.layers.batch_norm import BatchNormLayer
from torchcaffe.layers.scale import ScaleLayer
from torchcaffe.node import Node

if TYPE_CHECKING:
    from torchcaffe.net import Net


class BatchNormScaleReLU(Op):
    """y = relu(s (x - mean) / sqrt(var + eps) + b), in the TRAIN phase, with the batch's statistics.

    The ReLU and the bias may be missing. The running statistics move as in the BatchNorm layer: a momentum of 1
    makes PyTorch's kernel hand out the batch's mean and its unbiased variance, var m / (m - 1).
    """

    def __init__(self, net: "Net", nodes: list[Node]) -> None:
        super().__init__(net, nodes)
        self.norm, self.scale = nodes[0].layer, nodes[1].layer
        assert isinstance(self.norm, BatchNormLayer)
        assert isinstance(self.scale, ScaleLayer)
        self.fraction, self.eps = self.norm.fraction, self.norm.eps
        self.relu = len(nodes) == 3
        self._mean = torch.zeros_like(self.norm.blobs[0].data)
        self._var = torch.zeros_like(self.norm.blobs[1].data)
        self._one = torch.ones_like(self.norm.blobs[2].data)

    def forward(self) -> None:
        self.norm.reshape(self.bottoms, self.tops)
        self._x = channels_last(self.bottoms[0].data)
        weight, bias = self._affine()
        y, self._save_mean, self._save_std = torch.native_batch_norm(
            self._x, weight, bias, self._mean, self._var, True, 1.0, self.eps
        )
        statistics = [blob.data for blob in self.norm.blobs]
        torch._foreach_mul_(statistics, self.fraction)
        torch._foreach_add_(statistics, [self._mean, self._var, self._one])
        self._y = y.relu_() if self.relu else y
        self.tops[0].data = self._y

    def backward(self) -> None:
        diff = channels_last(self.tops[0].diff)
        if self.relu:
            diff = torch.ops.aten.threshold_backward(diff, self._y, 0)
        learns = self.scale.param_propagate_down
        weight, _ = self._affine()
        d_x, d_weight, d_bias = torch.ops.aten.native_batch_norm_backward(
            diff,
            self._x,
            weight,
            None,
            None,
            self._save_mean,
            self._save_std,
            True,
            self.eps,
            [self.propagate_down[0], learns[0], len(learns) > 1 and learns[1]],
        )
        for blob, learn, d_param in zip(self.scale.blobs, learns, (d_weight, d_bias), strict=False):
            if learn:
                blob.diff.add_(d_param)
        if self.propagate_down[0]:
            self.bottoms[0].diff = d_x

    def _affine(self) -> tuple[torch.Tensor, torch.Tensor | None]:
        blobs = self.scale.blobs
        return blobs[0].data, blobs[1].data if len(blobs) > 1 else None
