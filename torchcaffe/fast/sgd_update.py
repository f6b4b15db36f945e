"""The update of SGD with momentum, for params of one group, in one pass over memory."""

import ctypes
from collections.abc import Sequence

import torch
from torch.autograd.graph import increment_version

from torchcaffe.fast import kernels
from torchcaffe.layers.layer import Place

Tensors = Sequence[torch.Tensor]


class SGDUpdate:
    """w <- w - h, where h <- momentum h + rate (share diff + decay w); diff becomes h. By a compiled kernel."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._update = library.torchcaffe_sgd_update

    def __call__(
        self, data: Tensors, diff: Tensors, history: Tensors, share: float, decay: float, momentum: float, rate: float
    ) -> None:
        """`data`, `diff` and `history` hold a param's arrays each, contiguous and of one shape."""
        count = len(data)
        sizes = (ctypes.c_int64 * count)(*(tensor.numel() for tensor in data))
        arrays = [(ctypes.c_void_p * count)(*(t.data_ptr() for t in tensors)) for tensors in (data, diff, history)]
        self._update(count, sizes, *arrays, share, decay, momentum, rate)
        increment_version([*data, *diff, *history])  # PyTorch does not see what a kernel writes.


def sgd_update(place: Place) -> SGDUpdate | None:
    """The update for a place, or None where there is no kernel for it."""
    library = kernels.library() if place.device.type == "cpu" and place.dtype == torch.float32 else None
    return None if library is None else SGDUpdate(library)
