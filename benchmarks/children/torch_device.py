"""PyTorch's settings for a device."""

import torch

TF32 = "tf32"


def settle(device: str, precision: str) -> torch.device:
    """Sets IEEE float32, or TF32 if `precision` says so, and cuDNN's choice of the fastest convolution; returns the
    device. Nothing else is set for a GPU alone."""
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.allow_tf32 = precision == TF32
    torch.backends.cuda.matmul.allow_tf32 = precision == TF32
    return torch.device(device)
