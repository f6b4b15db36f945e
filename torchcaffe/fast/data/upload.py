"""Copies from the CPU's memory into arrays of fixed address on a device."""

import numpy as np
import numpy.typing as npt
import torch


def upload(target: torch.Tensor, values: npt.NDArray[np.generic]) -> None:
    """Writes values into a tensor of their shape; the CPU does not wait for a GPU, and may reuse `values` at once."""
    source = torch.from_numpy(values)
    # PyTorch keeps the pinned copy until the GPU has read it.
    target.copy_(source.pin_memory() if target.is_cuda else source, non_blocking=True)
