"""SoftmaxWithLoss: the multinomial logistic loss of softmax probabilities."""

from collections.abc import Sequence
from math import prod

import torch

from torchcaffe.layer_types.layer import Blobs, LossLayer
from torchcaffe.layer_types.shared.labels import check_label_count, read_labels
from torchcaffe.layer_types.shared.loss_normalizer import loss_normalizer
from torchcaffe.proto.caffe_pb2 import LossParameter

# FLT_MIN: Caffe takes no logarithm of less, in float64 neither.
SMALLEST = torch.finfo(torch.float32).tiny


class SoftmaxWithLossLayer(LossLayer):
    """loss = -sum of log p[label] / Z, where p is the softmax of the scores along `axis` (1).

    Bottoms: scores (N, C, H, W), labels from 0 to C - 1, N * H * W of them, cut to integers. Tops: the loss
    (0 axes), and p if a second is named. Labels equal to `ignore_label` count nothing. Z is at least 1 and

        FULL: N H W;  VALID (default): labels that are not ignored;  BATCH_SIZE: N;  NONE: 1

    The old `normalize` is VALID if true, BATCH_SIZE if false. The gradient of the scores is (p - onehot) / Z.

    Raises:
        DataError: a label that is no class (on the CPU; see `shared.labels`).

    Source: Caffe 1.0, `src/caffe/layers/softmax_loss_layer.cpp`.
    """

    exact_tops = None
    min_tops = 1
    max_tops = 2

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        param = self.param.loss_param
        self.ignore = param.ignore_label if param.HasField("ignore_label") else None
        self.normalization = param.normalization
        if param.HasField("normalize") and not param.HasField("normalization"):
            self.normalization = LossParameter.VALID if param.normalize else LossParameter.BATCH_SIZE

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        super().reshape(bottoms, tops)
        self.axis = self.canonical_axis(bottoms[0], self.param.softmax_param.axis)
        check_label_count(self, bottoms[0], bottoms[1], self.axis)
        for top in tops[1:]:
            top.reshape(*bottoms[0].shape)

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        self._p = torch.softmax(bottoms[0].data, self.axis)
        self._label, self._counts = read_labels(self, bottoms[1].data, self._p, self.axis, self.ignore)
        outer = prod(self._p.shape[: self.axis])
        inner = prod(self._p.shape[self.axis + 1 :])
        self._z = loss_normalizer(self.normalization, outer, inner, self._counts.sum())
        log_p = self._p.gather(self.axis, self._label).clamp(min=SMALLEST).log()
        tops[0].data = -(self._counts * log_p).sum() / self._z
        for top in tops[1:]:
            top.data = self._p

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if propagate_down[1]:
            self.fail("it cannot propagate a gradient to its labels")
        if propagate_down[0]:
            onehot = torch.zeros_like(self._p).scatter_(self.axis, self._label, 1)
            bottoms[0].diff = (self._p - onehot) * self._counts * (tops[0].diff / self._z)
