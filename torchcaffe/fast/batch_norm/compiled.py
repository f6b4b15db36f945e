"""BatchNorm, Scale, a sum and ReLU by a compiled kernel: two passes over memory forward, two backward."""

import ctypes
from collections.abc import Callable, Sequence
from functools import reduce

import torch
from torch.autograd.graph import increment_version

from torchcaffe.fast.batch_norm.function import Gradients, Settings
from torchcaffe.fast.kernels import address, run


class CompiledBatchNorm:
    """See `BatchNorm`. For a multiple of 16 channels, in float32, on a CPU.

    Sums are taken in float64 over chunks of pixels, so that rounding is no more than Caffe's, and the same whatever the
    number of threads.
    """

    def __init__(self, settings: Settings, library: ctypes.CDLL) -> None:
        self._settings = settings
        self._forward = library.torchcaffe_batch_norm_forward
        self._backward = library.torchcaffe_batch_norm_backward

    def forward(self, x: torch.Tensor, addend: torch.Tensor | None) -> torch.Tensor:
        norm, (scale, bias) = self._settings.norm, self._settings.affine()
        mean, var, factor = self._settings.statistics()
        self._x, self._added = x, addend is not None
        self._saved = x.new_empty(4, norm.channels)
        self._y = torch.empty_like(x)
        run(
            self._forward,
            *self._size(x),
            *map(address, (x, scale, bias, addend)),
            *(self._settings.relu, norm.eps, norm.fraction),
            *map(address, (self._y, self._saved, mean, var)),
        )
        increment_version([mean, var])  # PyTorch does not see what a kernel writes.
        factor.mul_(norm.fraction).add_(1)
        return self._y

    def normalised(self) -> Callable[[], torch.Tensor]:
        x, saved = self._x, self._saved

        def compute() -> torch.Tensor:
            mean, _, factor, bias = saved.view(4, 1, -1, 1, 1)
            return torch.addcmul(bias, x - mean, factor)

        return compute

    def backward(self, d_y: Sequence[torch.Tensor], overwrite: bool) -> Gradients:
        first, *rest = d_y
        second = reduce(torch.add, rest) if rest else None
        target = first if overwrite else torch.empty_like(first)
        d_sum, d_x = (target, torch.empty_like(first)) if self._added else (None, target)
        d_scale, d_bias = self._saved.new_empty(2, self._settings.norm.channels)
        run(
            self._backward,
            *self._size(first),
            *map(address, (self._x, self._saved, self._y if self._added else None, first, second)),
            self._settings.relu,
            *map(address, (d_sum, d_x, d_scale, d_bias)),
        )
        del self._x, self._y  # Frees their memory.
        self._settings.add_affine_diffs(d_scale, d_bias)
        return Gradients(d_x, d_x if d_sum is None else d_sum)

    def _size(self, x: torch.Tensor) -> tuple[int, int]:
        channels = self._settings.norm.channels
        return x.numel() // channels, channels
