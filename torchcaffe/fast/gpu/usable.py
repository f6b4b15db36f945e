"""Whether the kernels of this folder can be used."""

from functools import cache
from importlib import import_module
from importlib.util import find_spec

import torch

_LEAST_CAPABILITY = (8, 0)
"""Of a GPU whose matrix units take TF32: Ampere."""


def usable(device: torch.device) -> bool:
    """Whether a device is a GPU that the kernels run on."""
    return device.type == "cuda" and not fault(device)


@cache
def fault(device: torch.device) -> str:
    """Why the kernels do not run on a GPU, in a few words; empty if they do, which a small one has shown."""
    if find_spec("triton") is None:
        return "Triton is not installed"
    if torch.version.hip:
        return "they are for NVIDIA's GPUs"
    if torch.cuda.get_device_capability(device) < _LEAST_CAPABILITY:
        return "the GPU has no matrix units for TF32"
    arrays = [torch.zeros(1, device=device)]
    try:
        import_module("torchcaffe.fast.sgd.on_gpu").TritonUpdate()(arrays, arrays, arrays, 1.0, 0.0, 0.0, 0.0)
    except Exception as error:  # Triton raises what its compilers and the C compiler that it needs give it.
        return f"Triton compiles nothing here: {next(iter(str(error).splitlines()), type(error).__name__)}"
    return ""
