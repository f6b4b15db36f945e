"""The divisor of a loss's sum."""

import torch

from torchcaffe.proto import caffe_pb2


def loss_normalizer(
    mode: caffe_pb2.LossParameter.NormalizationMode, outer: int, inner: int, valid: torch.Tensor
) -> torch.Tensor:
    """The divisor that `normalization` names, but at least 1; a 0-d tensor like `valid`, on its device.

    FULL: all outer x inner labels; VALID: the number of labels that are not ignored, `valid` (0-d);
    BATCH_SIZE: `outer`; NONE: 1. With at least 1, a batch whose labels are all ignored has loss 0, not NaN.
    Source: Caffe 1.0, `get_normalizer` in `src/caffe/layers/softmax_loss_layer.cpp` and others.
    """
    modes = caffe_pb2.LossParameter
    if mode == modes.VALID:
        return valid.clamp(min=1)
    counts = {modes.FULL: outer * inner, modes.BATCH_SIZE: outer, modes.NONE: 1}
    return torch.full_like(valid, max(1, counts[mode]))
