"""Where the kernels for GPUs are tried: on a GPU, and where there is none, on the CPU by Triton's interpreter."""

from collections.abc import Iterator

import pytest
import torch


@pytest.fixture
def device(monkeypatch: pytest.MonkeyPatch) -> Iterator[torch.device]:
    if torch.cuda.is_available():
        yield torch.device("cuda", 0)
        return
    monkeypatch.setenv("TRITON_INTERPRET", "1")
    pytest.importorskip("triton", reason="no Triton: `pip install triton`, or a CUDA build of PyTorch")
    yield torch.device("cpu")


@pytest.fixture(autouse=True)
def same_numbers() -> None:
    torch.manual_seed(1)
