"""Kernels for GPUs, written in Triton, which PyTorch's CUDA builds bring along."""

from torchcaffe.fast.gpu.usable import usable

__all__ = ["usable"]
