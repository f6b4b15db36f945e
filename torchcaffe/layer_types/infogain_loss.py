"""InfogainLoss: softmax and a cross entropy whose target is the label's row of a matrix."""

from collections.abc import Sequence
from math import prod

import torch

from torchcaffe.layer_types.layer import Blobs, LossLayer
from torchcaffe.layer_types.multinomial_logistic_loss import SMALLEST_PROBABILITY
from torchcaffe.layer_types.shared.labels import check_label_count, read_labels
from torchcaffe.layer_types.shared.loss_normalizer import loss_normalizer
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.binary import blob_to_array, read_binary


class InfogainLossLayer(LossLayer):
    """-(sum over the labels l of sum_k H[l, k] log max(p[k], 1e-20)) / Z, where p is the softmax of x.

    dx = w (p sum_k H[l, k] - H[l]) / Z, and 0 for labels equal to `ignore_label`; w is the loss weight. Z is
    that of SoftmaxWithLoss, with BATCH_SIZE the product of the axes before `axis`.
    Bottoms: scores x, whose `axis` (1) holds K classes; labels, one for each place of the other axes; and H,
    of K x K values, unless `infogain_loss_param.source` names a binaryproto that holds it.
    Tops: the loss (0 axes), and p if a second is named.

    Raises:
        DataError: a label that is no class (on the CPU; see `shared.labels`).
        ProtoError: a matrix that cannot be read.

    Source: Caffe 1.0, `src/caffe/layers/infogain_loss_layer.cpp`.
    """

    exact_bottoms = None
    min_bottoms = 2
    max_bottoms = 3
    exact_tops = None
    min_tops = 1
    max_tops = 2

    def allows_force_backward(self, bottom_index: int) -> bool:
        return bottom_index == 0

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        param = self.param.loss_param
        if param.HasField("normalize"):
            self.fail("it does not take loss_param.normalize: use normalization (VALID for true)")
        self._ignore = param.ignore_label if param.HasField("ignore_label") else None
        if len(bottoms) == 2:
            self._matrix = self._read_matrix()

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        super().reshape(bottoms, tops)
        self._axis = self.canonical_axis(bottoms[0], self.param.infogain_loss_param.axis)
        check_label_count(self, bottoms[0], bottoms[1], self._axis)
        classes = bottoms[0].shape[self._axis]
        count = bottoms[2].count if len(bottoms) == 3 else self._matrix.numel()
        if count != classes * classes:
            self.fail(f"its matrix H has {count} values: expected {classes} x {classes}")
        for top in tops[1:]:
            top.reshape(*bottoms[0].shape)

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        axis = self._axis
        self._p = torch.softmax(bottoms[0].data, axis)
        label, counts = read_labels(self, bottoms[1].data, self._p, axis, self._ignore)
        classes = self._p.shape[axis]
        matrix = (bottoms[2].data if len(bottoms) == 3 else self._matrix).view(classes, classes)
        self._target = matrix[label.squeeze(axis)].movedim(-1, axis) * counts
        outer = prod(self._p.shape[:axis])
        mode = self.param.loss_param.normalization
        self._z = loss_normalizer(mode, outer, label.numel() // outer, counts.sum())
        log_p = self._p.clamp(min=SMALLEST_PROBABILITY).log()
        tops[0].data = -(self._target * log_p).sum() / self._z
        for top in tops[1:]:
            top.data = self._p

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        if any(propagate_down[1:]):
            self.fail("it cannot propagate a gradient to its labels or its matrix")
        if propagate_down[0]:
            diff = self._p * self._target.sum(self._axis, keepdim=True) - self._target
            bottoms[0].diff = diff * (tops[0].diff / self._z)

    def _read_matrix(self) -> torch.Tensor:
        param = self.param.infogain_loss_param
        if not param.HasField("source"):
            self.fail("it has no matrix H: give a third bottom, or a file as infogain_loss_param.source")
        values = blob_to_array(read_binary(param.source, caffe_pb2.BlobProto), param.source)
        return torch.from_numpy(values).to(self.place.device, self.place.dtype)
