"""The update of SGD with momentum by a kernel of this project's own for GPUs: one launch for all params of a group."""

from typing import ClassVar

import numpy as np
import torch
from torch.autograd.graph import increment_version

from torchcaffe.fast.gpu.launch import launch
from torchcaffe.fast.sgd.function import Tensors

_BLOCK = 1024
"""Elements that a program works on."""


class TritonUpdate:
    """See `Update`."""

    rate_on_device: ClassVar[bool] = True

    def __init__(self) -> None:
        from torchcaffe.fast.gpu import sgd

        self._kernel = sgd.update
        self._tables: dict[tuple[int, ...], _Table] = {}  # By addresses; kept, since recorded work reads them.

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
        addresses = tuple(array.data_ptr() for array in (*data, *diff, *history))
        if addresses not in self._tables:
            self._tables[addresses] = _Table(data, diff, history)
        table = self._tables[addresses]
        if not isinstance(rate, torch.Tensor):
            rate = torch.full((), rate, device=data[0].device, dtype=torch.float32)
        arguments = (table.addresses, table.sizes, table.blocks, rate, len(data), share, decay, momentum)
        launch(self._kernel, (table.programs,), *arguments, BLOCK=_BLOCK)
        increment_version([*data, *diff, *history])  # PyTorch does not see what a kernel writes.


class _Table:
    """The arrays' addresses, sizes and blocks on their device, as the kernel reads them (see `gpu.sgd.update`)."""

    def __init__(self, *arrays: Tensors) -> None:
        for alike in zip(*arrays, strict=True):
            if any(array.stride() != alike[0].stride() or array.dtype != torch.float32 for array in alike):
                raise AssertionError("a param, its diff and its history lie differently in memory")
        sizes = [array.numel() for array in arrays[0]]
        blocks = [(i, start) for i, size in enumerate(sizes) for start in range(0, size, _BLOCK)]
        device = arrays[0][0].device
        self.programs = len(blocks)
        self.addresses = torch.tensor([[array.data_ptr() for array in alike] for alike in arrays], device=device)
        self.sizes = torch.tensor(sizes, device=device)
        self.blocks = torch.from_numpy(np.ascontiguousarray(np.array(blocks).T)).to(device)
