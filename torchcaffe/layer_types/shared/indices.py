"""Blobs that hold indices, as floating point numbers."""

import torch

from torchcaffe.blob import Blob
from torchcaffe.errors import DataError
from torchcaffe.layer_types.layer import Layer


def read_indices(layer: Layer, blob: Blob, limit: int) -> torch.Tensor:
    """The values of `blob` cut off to integers, int64, as one flat vector.

    On the CPU a value that is not in 0 .. limit - 1 is a `DataError`. On another device, where a check would
    make the CPU wait, the kernel that uses it as an index stops the program.
    """
    index = blob.data.flatten().long()
    if index.is_cpu:
        wrong = (index < 0) | (index >= limit)
        if bool(wrong.any()):
            raise DataError(
                f"layer '{layer.name}' ({layer.param.type}): its index {int(index[wrong][0])} is not one of "
                f"0 to {limit - 1}"
            )
    return index
