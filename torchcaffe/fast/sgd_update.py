"""The update of SGD with momentum, for params of one group, in one pass over memory."""

import ctypes
from collections.abc import Sequence
from typing import ClassVar, Protocol

import torch
from torch.autograd.graph import increment_version

from torchcaffe.fast import gpu, kernels
from torchcaffe.fast.sgd_update_triton import TritonSGDUpdate
from torchcaffe.layers.layer import Place

Tensors = Sequence[torch.Tensor]


class Update(Protocol):
    """w <- w - h, where h <- momentum h + rate (share diff + decay w); diff becomes h.

    `data`, `diff` and `history` hold a param's arrays each, contiguous and of one shape. `rate_on_device` says that the
    rate may be a tensor of no dimensions, which recorded work reads anew.
    """

    rate_on_device: ClassVar[bool]

    def __call__(
        self,
        data: Tensors,
        diff: Tensors,
        history: Tensors,
        share: float,
        decay: float,
        momentum: float,
        rate: float | torch.Tensor,
    ) -> None: ...


class SGDUpdate:
    """See `Update`. By a compiled kernel, on a CPU."""

    rate_on_device: ClassVar[bool] = False

    def __init__(self, library: ctypes.CDLL) -> None:
        self._update = library.torchcaffe_sgd_update

    def __call__(
        self,
        data: Tensors,
        diff: Tensors,
        history: Tensors,
        share: float,
        decay: float,
        momentum: float,
        rate: float | torch.Tensor,
    ) -> None:
        count = len(data)
        sizes = (ctypes.c_int64 * count)(*(tensor.numel() for tensor in data))
        arrays = [(ctypes.c_void_p * count)(*(t.data_ptr() for t in tensors)) for tensors in (data, diff, history)]
        self._update(count, sizes, *arrays, share, decay, momentum, float(rate))
        increment_version([*data, *diff, *history])  # PyTorch does not see what a kernel writes.


def sgd_update(place: Place) -> Update | None:
    """The update for a place, or None where there is no kernel for it."""
    if place.dtype != torch.float32:
        return None
    if gpu.usable(place.device):
        return TritonSGDUpdate()
    library = kernels.library() if place.device.type == "cpu" else None
    return None if library is None else SGDUpdate(library)
