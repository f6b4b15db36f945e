"""BatchNorm, Scale, a sum and ReLU by kernels of this project's own for GPUs."""

from collections.abc import Callable, Sequence
from functools import reduce
from math import ceil

import torch
from torch.autograd.graph import increment_version

from torchcaffe.fast.batch_norm.function import Gradients, Settings
from torchcaffe.fast.gpu.launch import launch
from torchcaffe.fast.gpu.tiles import ROW_PARTS, part_tile, row_tile


class TritonBatchNorm:
    """See `BatchNorm`. Params and statistics are float32; x may be bf16, and then so are y and the gradients."""

    def __init__(self, settings: Settings) -> None:
        from torchcaffe.fast.gpu import batch_norm

        self._kernels, self._settings = batch_norm, settings
        self._channels = settings.norm.channels
        self._tile = row_tile(self._channels)

    def forward(self, x: torch.Tensor, addend: torch.Tensor | None) -> torch.Tensor:
        settings, rows = self._settings, x.numel() // self._channels
        share = ceil(rows / ROW_PARTS)
        parts, self._saved = self._parts(x), torch.empty(4, self._channels, device=x.device, dtype=torch.float32)
        y, statistics = torch.empty_like(x), settings.statistics()
        tile = part_tile(self._channels, share)
        launch(self._kernels.moments_by_parts, self._grid(ROW_PARTS), x, parts, rows, share, **tile)
        launch(
            self._kernels.normalise,
            self._grid(self._tiles(rows)),
            *(x, parts, *settings.affine(), addend, y, self._saved, *statistics),
            *(rows, share, settings.norm.eps, settings.norm.fraction),
            RELU=settings.relu,
            **self._tile,
        )
        increment_version(statistics)  # PyTorch does not see what a kernel writes.
        self._x, self._y, self._added = x, y if settings.relu else None, addend is not None
        return y

    def normalised(self) -> Callable[[], torch.Tensor]:
        x, saved = self._x, self._saved

        def compute() -> torch.Tensor:
            mean, _, factor, bias = saved.view(4, 1, -1, 1, 1)
            return torch.addcmul(bias, x - mean, factor).to(x.dtype)

        return compute

    def backward(self, d_y: Sequence[torch.Tensor], overwrite: bool) -> Gradients:
        x, rows = self._x, self._x.numel() // self._channels
        first, *rest = d_y
        more = reduce(torch.add, rest) if rest else None
        share, parts = ceil(rows / ROW_PARTS), self._parts(x)
        d_sum = first if overwrite and first.dtype == x.dtype else torch.empty_like(x)
        d_x = torch.empty_like(x) if self._added else d_sum
        launch(
            self._kernels.gradient_sums_by_parts,
            self._grid(ROW_PARTS),
            *(first, more, x, self._y, self._saved, d_sum, parts, rows, share),
            **part_tile(self._channels, share),
        )
        launch(
            self._kernels.gradient,
            self._grid(self._tiles(rows)),
            *(d_sum, x, self._saved, parts, d_x, *self._settings.affine_diffs(), rows),
            **self._tile,
        )
        del self._x, self._y  # Frees their memory.
        return Gradients(d_x, d_sum)

    def _parts(self, x: torch.Tensor) -> torch.Tensor:
        return torch.empty(2, ROW_PARTS, self._channels, device=x.device, dtype=torch.float32)

    def _tiles(self, rows: int) -> int:
        return ceil(rows / self._tile["ROWS"])

    def _grid(self, programs: int) -> tuple[int, int]:
        return programs, ceil(self._channels / self._tile["BLOCK"])
