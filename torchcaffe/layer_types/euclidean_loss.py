"""EuclideanLoss: half the squared distance, an item."""

from collections.abc import Sequence

from torchcaffe.blob import shape_string
from torchcaffe.layer_types.layer import Blobs, LossLayer


class EuclideanLossLayer(LossLayer):
    """loss = sum of (a - b)^2 over everything / (2 N). N is the batch size, not the number of elements.

    Bottoms a and b (N, ...) with as many values an item. Either can take a gradient: (a - b) / N and
    (b - a) / N. Source: Caffe 1.0, `src/caffe/layers/euclidean_loss_layer.cpp`.
    """

    def allows_force_backward(self, bottom_index: int) -> bool:
        return True

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        super().reshape(bottoms, tops)
        if bottoms[0].count != bottoms[1].count:
            self.fail(
                f"its bottoms must hold as many values, but '{self.bottom_names[0]}' has shape "
                f"{shape_string(bottoms[0].shape)} and '{self.bottom_names[1]}' "
                f"{shape_string(bottoms[1].shape)}"
            )

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        a, b = bottoms[0].data, bottoms[1].data
        self._difference = a - b.view(a.shape)
        tops[0].data = self._difference.square().sum() / a.shape[0] / 2

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        weight = tops[0].diff
        for sign, bottom, down in zip((1, -1), bottoms, propagate_down, strict=True):
            if down:
                bottom.diff = (self._difference * (sign * weight / bottom.shape[0])).view(bottom.shape)
