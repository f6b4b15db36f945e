"""Whether the kernels of this folder can be used."""

from functools import cache
from importlib.util import find_spec

import torch

from torchcaffe.precision import Precision

_LEAST_CAPABILITY = (8, 0)
"""The first compute capability whose matrix units take TF32: Ampere's."""
_INPUTS, _OUTPUTS, _SIDE = 32, 64, 128
"""The sizes of a convolution that gets the largest tiles; see `tiles`."""


def usable(device: torch.device) -> bool:
    """Whether the device is a GPU on which the kernels run."""
    return device.type == "cuda" and not fault(device)


@cache
def fault(device: torch.device) -> str:
    """Why the kernels do not run on a GPU, in a few words; empty if `probe` ran."""
    if find_spec("triton") is None:
        return "Triton is not installed"
    if torch.version.hip:
        return "they are for NVIDIA's GPUs"
    if torch.cuda.get_device_capability(device) < _LEAST_CAPABILITY:
        return "the GPU has no matrix units for TF32"
    try:
        probe(device)
    except torch.OutOfMemoryError:
        raise
    except Exception as error:  # Triton raises errors of its own, and of the compilers that it calls.
        return f"Triton does not run them here: {next(iter(str(error).splitlines()), type(error).__name__)}"
    return ""


def probe(device: torch.device) -> None:
    """Runs the most demanding kernels, a convolution's on the largest tiles, which take most of a GPU's shared memory,
    forward and for the weight; and the smallest kernel, an update.

    Triton keeps compiled kernels on disk, so that only a machine's first run takes time for them.
    """
    # Imported here: their packages also choose the kernels, and for that import this module.
    from torchcaffe.fast.convolution.on_gpu import TritonConvolver
    from torchcaffe.fast.sgd.on_gpu import TritonUpdate

    arrays = [torch.zeros(1, device=device, dtype=torch.float32)]
    TritonUpdate()(arrays, arrays, arrays, 1.0, 0.0, 0.0, 0.0)
    convolver = TritonConvolver(1, Precision.FLOAT32)
    x, weight = (
        torch.zeros(shape, device=device, dtype=torch.float32).contiguous(memory_format=torch.channels_last)
        for shape in ((1, _INPUTS, _SIDE, _SIDE), (_OUTPUTS, _INPUTS, 3, 3))
    )
    y = convolver.forward(x, weight)
    convolver.backward(y, x, weight, torch.zeros_like(weight), None, False)
