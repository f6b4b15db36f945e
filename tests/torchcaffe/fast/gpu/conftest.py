"""Where the kernels for GPUs are tried: on a GPU, and where there is none, on the CPU by Triton's interpreter."""

import pytest
import torch


@pytest.fixture
def device() -> torch.device:
    if torch.cuda.is_available():
        return torch.device("cuda", 0)
    pytest.importorskip("triton", reason="no Triton: `pip install triton`, or a CUDA build of PyTorch")
    return torch.device("cpu")


@pytest.fixture(autouse=True)
def same_numbers() -> None:
    torch.manual_seed(1)
