"""What PyTorch has no operation for, in C++ with OpenMP, for blobs in float32 on a CPU.

A machine without a compiler runs PyTorch's operations instead.
"""

from torchcaffe.fast.kernels.library import fault, library

__all__ = ["fault", "library"]
