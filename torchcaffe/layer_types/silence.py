"""Silence: a reader for blobs that would otherwise count as outputs."""

from collections.abc import Sequence

import torch

from torchcaffe.layer_types.layer import Blobs, Layer


class SilenceLayer(Layer):
    """Reads its bottoms and makes nothing; their gradient is 0. Source: Caffe 1.0, `silence_layer.cpp`."""

    min_bottoms = 1
    exact_tops = 0

    def reshape(self, bottoms: Blobs, tops: Blobs) -> None:
        """There is no top to shape."""

    def forward(self, bottoms: Blobs, tops: Blobs) -> None:
        """There is nothing to make."""

    def backward(self, tops: Blobs, propagate_down: Sequence[bool], bottoms: Blobs) -> None:
        for bottom, down in zip(bottoms, propagate_down, strict=True):
            if down:
                bottom.diff = torch.zeros_like(bottom.data)
