"""Accuracy: how often the true class is among the best scores."""

import torch

from torchcaffe.layer_types.layer import Blobs, Layer
from torchcaffe.layer_types.shared.labels import check_label_count, read_labels


class AccuracyLayer(Layer):
    """The share of labels whose score is among the `top_k` (1) best along `axis` (1).

    Bottoms: scores (N, C, H, W), labels from 0 to C - 1, N * H * W of them. Tops: the share (0 axes), and, if
    a second is named, the share by class (C); 0 where there are no labels. A label counts as hit if fewer
    than top_k other classes score as much or more, so that a tie is a miss. `ignore_label` counts nothing.

    Raises:
        DataError: a label that is no class (on the CPU; see `shared.labels`).

    Source: Caffe 1.0, `src/caffe/layers/accuracy_layer.cpp`.
    """

    exact_bottoms = 2
    min_tops = 1
    max_tops = 2

    def setup(self, bottoms: Blobs, tops: Blobs) -> None:
        param = self.param.accuracy_param
        self.ignore = param.ignore_label if param.HasField("ignore_label") else None

    def allows_force_backward(self, bottom_index: int) -> bool:
        return False

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        self.axis = self.canonical_axis(bottoms[0], self.param.accuracy_param.axis)
        check_label_count(self, bottoms[0], bottoms[1], self.axis)
        classes = bottoms[0].shape[self.axis]
        if self.param.accuracy_param.top_k > classes:
            self.fail(f"top_k is {self.param.accuracy_param.top_k}, but there are {classes} classes")
        tops[0].reshape()
        for top in tops[1:]:
            top.reshape(classes)

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        scores = bottoms[0].data
        label, counts = read_labels(self, bottoms[1].data, scores, self.axis, self.ignore)
        others = (scores >= scores.gather(self.axis, label)).sum(self.axis, keepdim=True) - 1
        hits = (others < self.param.accuracy_param.top_k) * counts
        tops[0].data = _share(hits.sum(), counts.sum())
        for top in tops[1:]:
            by_class = torch.zeros_like(top.data)
            flat = label.flatten()
            hit = by_class.index_add(0, flat, hits.flatten())
            top.data = _share(hit, by_class.index_add(0, flat, counts.flatten()))


def _share(part: torch.Tensor, whole: torch.Tensor) -> torch.Tensor:
    return torch.where(whole == 0, 0, part / whole)
