"""Operations that PyTorch lacks, in C++ with OpenMP, for float32 blobs on a CPU.

A machine without a compiler runs PyTorch's operations instead.
"""

from torchcaffe.fast.kernels.library import WIDTH, address, fault, library, run

__all__ = ["WIDTH", "address", "fault", "library", "run"]
