"""Whether the kernels of this folder can be used."""

import os
from importlib.util import find_spec

import torch


def usable(device: torch.device) -> bool:
    """Whether Triton is there for this device: a GPU; with TRITON_INTERPRET=1, which takes them for tests, a CPU."""
    wanted = "cpu" if os.environ.get("TRITON_INTERPRET") == "1" else "cuda"
    return device.type == wanted and find_spec("triton") is not None
