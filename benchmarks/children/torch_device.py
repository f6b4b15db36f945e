"""PyTorch's settings for a device."""

import torch

TF32 = "tf32"


def settle(device: str, precision: str) -> torch.device:
    """Float32 as IEEE has it, unless TF32 is wanted; of several ways to convolve, the fastest. No more than that is a
    GPU's alone."""
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = precision == TF32
    torch.backends.cuda.matmul.allow_tf32 = precision == TF32
    return torch.device(device)
