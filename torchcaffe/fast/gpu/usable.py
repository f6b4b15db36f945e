"""Whether the kernels of this folder can be used."""

from importlib.util import find_spec

import torch


def usable(device: torch.device) -> bool:
    """Whether a device is a GPU, and Triton is there to compile for it."""
    return device.type == "cuda" and find_spec("triton") is not None
