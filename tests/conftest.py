"""What holds for all tests."""

import os

import torch

if not torch.cuda.is_available():
    # Kernels for GPUs are tried by Triton's interpreter. Triton asks for this as it is imported, whoever does so first.
    os.environ["TRITON_INTERPRET"] = "1"
