"""The update by a compiled kernel."""

import ctypes
from typing import ClassVar

import torch
from torch.autograd.graph import increment_version

from torchcaffe.fast.kernels import run
from torchcaffe.fast.sgd.function import Tensors


class CompiledUpdate:
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
        run(self._update, count, sizes, *arrays, share, decay, momentum, float(rate))
        increment_version([*data, *diff, *history])  # PyTorch does not see what a kernel writes.
