"""Kernels for GPUs, written in Triton, which comes with PyTorch's CUDA builds."""

from torchcaffe.fast.gpu.usable import fault, usable

__all__ = ["fault", "usable"]
