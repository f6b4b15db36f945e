"""Kernels for GPUs, written in Triton, which PyTorch's CUDA builds bring along."""

from torchcaffe.fast.gpu.usable import fault, usable

__all__ = ["fault", "usable"]
