"""SigmoidCrossEntropyLoss: independent yes-or-no questions, each with a probability as its target."""

from collections.abc import Sequence

import torch

from torchcaffe.layer_types.layer import Blobs, LossLayer
from torchcaffe.layer_types.shared.loss_normalizer import loss_normalizer
from torchcaffe.proto import caffe_pb2


class SigmoidCrossEntropyLossLayer(LossLayer):
    """-(sum of t log p + (1 - t) log(1 - p)) / Z, with p = 1 / (1 + exp(-x)).

    It is worked out as max(x, 0) - x t + log(1 + exp(-|x|)), which stays finite. dx = w (p - t) / Z, with w
    the loss weight. Targets that, cut off to an integer, are `ignore_label` count nothing. Z is that of
    SoftmaxWithLoss for `normalization` (or the older `normalize`), but by default BATCH_SIZE.
    Bottoms: scores x and targets t, of equal counts; top: the loss (0 axes).
    Source: Caffe 1.0, `src/caffe/layers/sigmoid_cross_entropy_loss_layer.cpp`.
    """

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        param, modes = self.param.loss_param, caffe_pb2.LossParameter
        self._mode = modes.BATCH_SIZE
        if param.HasField("normalization"):
            self._mode = param.normalization
        elif param.normalize:
            self._mode = modes.VALID

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        super().reshape(bottoms, tops)
        if bottoms[0].count != bottoms[1].count:
            self.fail(f"{bottoms[0].count} scores but {bottoms[1].count} targets: expected as many")

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        x, t = bottoms[0].data, bottoms[1].data.view(bottoms[0].shape)
        loss = x.clamp(min=0) - x * t + torch.log1p(torch.exp(-x.abs()))
        self._error = torch.sigmoid(x) - t
        valid = torch.ones_like(x, dtype=torch.bool)
        if self.param.loss_param.HasField("ignore_label"):
            valid = t.trunc() != self.param.loss_param.ignore_label
            loss, self._error = loss.where(valid, 0), self._error.where(valid, 0)
        outer = x.shape[0]
        self._z = loss_normalizer(self._mode, outer, x.numel() // outer, valid.sum())
        tops[0].data = loss.sum() / self._z

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if propagate_down[1]:
            self.fail("it cannot propagate a gradient to its targets")
        if propagate_down[0]:
            bottoms[0].diff = self._error * (tops[0].diff / self._z)
