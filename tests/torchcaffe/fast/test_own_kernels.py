"""What is said of the project's own kernels."""

import sys

import pytest
import torch

from torchcaffe.fast import kernels
from torchcaffe.fast.own_kernels import own_kernels, with_or_without

CPU, GPU = torch.device("cpu"), torch.device("cuda", 0)


def test_on_a_cpu() -> None:
    assert own_kernels(CPU) == "compiled kernels"
    assert with_or_without(CPU) == "with compiled kernels"


def test_without_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "library", lambda: None)
    monkeypatch.setattr(kernels, "fault", lambda: "there is no C++ compiler")
    assert own_kernels(CPU) is None
    assert with_or_without(CPU) == "without own kernels: there is no C++ compiler"


def test_on_a_gpu() -> None:
    triton = pytest.importorskip("triton")
    assert own_kernels(GPU) == f"kernels by Triton {triton.__version__}"


def test_on_a_gpu_without_triton(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "triton", None)
    assert own_kernels(GPU) is None
    assert with_or_without(GPU) == "without own kernels: Triton is not installed"
