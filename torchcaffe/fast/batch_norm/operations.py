"""BatchNorm, Scale, a sum and ReLU by PyTorch's operations, where there are no kernels of this project's own."""

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Protocol

import torch

from torchcaffe.fast.batch_norm.function import Gradients, Settings

Three = tuple[torch.Tensor, torch.Tensor, torch.Tensor]

_ALL_BUT_CHANNELS = (0, 2, 3)


class Core(Protocol):
    """BatchNorm and Scale: `forward` gives y, the mean and the unbiased variance; `backward`, which follows a
    `forward`, the gradients of x, s and b."""

    def forward(self, x: torch.Tensor, scale: torch.Tensor, bias: torch.Tensor | None) -> Three: ...

    def backward(self, d_y: torch.Tensor, scale: torch.Tensor) -> Three: ...


class OperationsBatchNorm:
    """The core, the statistics, the sum and the ReLU one after the other; see `BatchNorm`."""

    def __init__(self, settings: Settings, core: Core) -> None:
        self._settings, self._core = settings, core
        self._one = torch.ones_like(settings.norm.blobs[2].data)

    def forward(self, x: torch.Tensor, addend: torch.Tensor | None) -> torch.Tensor:
        y, mean, var = self._core.forward(x, *self._settings.affine())
        statistics = self._settings.statistics()
        torch._foreach_mul_(statistics, self._settings.norm.fraction)
        torch._foreach_add_(statistics, [mean, var, self._one])
        self._normalised = y
        if addend is not None:
            y = y + addend.to(y.dtype)
        self._y = y.relu_() if self._settings.relu else y
        return self._y

    def normalised(self) -> Callable[[], torch.Tensor]:
        y = self._normalised
        return lambda: y

    def backward(self, d_y: Sequence[torch.Tensor], overwrite: bool) -> Gradients:
        diff = reduce(torch.add, d_y).to(self._y.dtype)
        if self._settings.relu:
            diff = torch.ops.aten.threshold_backward(diff, self._y, 0)
        elif len(d_y) == 1 and not overwrite:
            diff = diff.clone()
        del self._y
        d_x, *d_affine = self._core.backward(diff, self._settings.affine()[0])
        self._settings.add_affine_diffs(*d_affine)
        return Gradients(d_x, diff)


class NativeCore:
    """PyTorch's own kernels, which on a GPU read x once.

    A momentum of 1 makes them return the batch's mean and unbiased variance. If x is bf16, so is y; all else has the
    params' type.
    """

    def __init__(self, channels: int, eps: float, device: torch.device, dtype: torch.dtype) -> None:
        self._eps = eps
        self._mean, self._var = (torch.zeros(channels, device=device, dtype=dtype) for _ in range(2))

    def forward(self, x: torch.Tensor, scale: torch.Tensor, bias: torch.Tensor | None) -> Three:
        self._x = x
        y, self._save_mean, self._save_std = torch.native_batch_norm(
            x, scale, bias, self._mean, self._var, True, 1.0, self._eps
        )
        return y, self._mean, self._var

    def backward(self, d_y: torch.Tensor, scale: torch.Tensor) -> Three:
        saved = (self._save_mean, self._save_std)
        gradients: Three = torch.ops.aten.native_batch_norm_backward(
            d_y, self._x, scale, None, None, *saved, True, self._eps, [True] * 3
        )
        del self._x
        return gradients


class CascadeCore:
    """Operations whose sums add in cascade, for the CPU.

    On a CPU PyTorch's kernel for this layout adds a channel's values one after the other in float32: over 128 images of
    32 x 32 the variance is wrong by 2e-5 and the gradient of s by 2e-4 and more, where Caffe is wrong by 1e-7. The time
    is about the same.
    """

    def __init__(self, eps: float) -> None:
        self._eps = eps

    def forward(self, x: torch.Tensor, scale: torch.Tensor, bias: torch.Tensor | None) -> Three:
        self._count = x.numel() // x.shape[1]
        mean = x.mean(_ALL_BUT_CHANNELS)
        self._centred = x - _by_channel(mean)
        squares = (self._centred * self._centred).sum(_ALL_BUT_CHANNELS)
        self._inverse_std = 1 / (squares / self._count + self._eps).sqrt()
        factor = _by_channel(scale * self._inverse_std)
        y = self._centred * factor if bias is None else torch.addcmul(_by_channel(bias), self._centred, factor)
        return y, mean, squares / max(self._count - 1, 1)

    def backward(self, d_y: torch.Tensor, scale: torch.Tensor) -> Three:
        d_bias = d_y.sum(_ALL_BUT_CHANNELS)
        d_scale = (d_y * self._centred).sum(_ALL_BUT_CHANNELS) * self._inverse_std
        # d_x = s / std (d_y - mean(d_y) - y' mean(d_y y')), y' = centred / std.
        factor = scale * self._inverse_std
        d_x = torch.addcmul(_by_channel(-d_bias * factor / self._count), d_y, _by_channel(factor))
        d_x.addcmul_(self._centred, _by_channel(-d_scale * factor * self._inverse_std / self._count))
        return d_x, d_scale, d_bias


def _by_channel(values: torch.Tensor) -> torch.Tensor:
    return values.view(1, -1, 1, 1)
