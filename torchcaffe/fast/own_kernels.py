"""Describes which of this project's own kernels there are for a device and type."""

from importlib import import_module

import torch

from torchcaffe.fast import gpu, kernels


def own_kernels(device: torch.device, dtype: torch.dtype) -> str | None:
    """`compiled kernels` on a CPU, `kernels by Triton 3.6.0` on a GPU; None where there are none."""
    if dtype != torch.float32:
        return None
    if gpu.usable(device):
        return f"kernels by Triton {import_module('triton').__version__}"
    return "compiled kernels" if device.type == "cpu" and kernels.library() else None


def with_or_without(device: torch.device, dtype: torch.dtype) -> str:
    """`with compiled kernels`, or `without own kernels: ` and the reason."""
    own = own_kernels(device, dtype)
    if own:
        return f"with {own}"
    if dtype != torch.float32:
        return "without own kernels: they are for float32"
    return f"without own kernels: {kernels.fault() if device.type == 'cpu' else gpu.fault(device)}"
