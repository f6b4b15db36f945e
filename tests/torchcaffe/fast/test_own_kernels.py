"""What is said of the project's own kernels, and where those for GPUs are not used."""

import sys
from collections.abc import Iterator
from types import ModuleType

import pytest
import torch

from torchcaffe.fast import gpu, kernels
from torchcaffe.fast.convolution import on_gpu as convolution
from torchcaffe.fast.own_kernels import own_kernels, with_or_without
from torchcaffe.fast.sgd import on_gpu as sgd

CPU, GPU = torch.device("cpu"), torch.device("cuda", 0)


@pytest.fixture
def a_gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """A GPU on which nothing compiles, since there is none."""
    gpu.fault.cache_clear()
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (9, 0))
    yield monkeypatch
    gpu.fault.cache_clear()


@pytest.mark.usefixtures("library")
def test_on_a_cpu() -> None:
    assert own_kernels(CPU, torch.float32) == "compiled kernels"
    assert with_or_without(CPU, torch.float32) == "with compiled kernels"
    assert with_or_without(CPU, torch.float64) == "without own kernels: they are for float32"


def test_without_a_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "library", lambda: None)
    monkeypatch.setattr(kernels, "fault", lambda: "there is no C++ compiler")
    assert own_kernels(CPU, torch.float32) is None
    assert with_or_without(CPU, torch.float32) == "without own kernels: there is no C++ compiler"


def test_on_a_gpu(a_gpu: pytest.MonkeyPatch) -> None:
    triton = pytest.importorskip("triton")
    a_gpu.setattr(gpu, "usable", lambda device: True)
    assert own_kernels(GPU, torch.float32) == f"kernels by Triton {triton.__version__}"


def test_without_triton(a_gpu: pytest.MonkeyPatch) -> None:
    a_gpu.setitem(sys.modules, "triton", None)
    assert own_kernels(GPU, torch.float32) is None
    assert with_or_without(GPU, torch.float32) == "without own kernels: Triton is not installed"


class OutOfResourcesError(Exception):
    """As Triton's, which is neither a RuntimeError nor one of this project's."""


@pytest.mark.parametrize(
    ("kernels_of", "error", "why"),
    [
        # Triton wants a C compiler, which small images of containers lack.
        (sgd, RuntimeError("Failed to find C compiler.\nMore of it."), "Failed to find C compiler."),
        (convolution, OutOfResourcesError("out of resource: shared memory"), "out of resource: shared memory"),
        (convolution, OutOfResourcesError(), "OutOfResourcesError"),
    ],
)
def test_where_kernels_do_not_run(
    kernels_of: ModuleType, error: Exception, why: str, a_gpu: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("triton")

    def launch(*_: object, **__: object) -> None:
        raise error

    zeros = torch.zeros
    a_gpu.setattr(torch, "zeros", lambda *shape, device, dtype: zeros(*shape, dtype=dtype))
    a_gpu.setattr(sgd, "launch", lambda *_, **__: None)
    a_gpu.setattr(kernels_of, "launch", launch)
    assert with_or_without(GPU, torch.float32) == f"without own kernels: Triton does not run them here: {why}"


@pytest.mark.parametrize(
    ("capability", "hip", "why"),
    [((7, 5), None, "the GPU has no matrix units for TF32"), ((9, 0), "6.2", "they are for NVIDIA's GPUs")],
)
def test_on_other_gpus(capability: tuple[int, int], hip: str | None, why: str, a_gpu: pytest.MonkeyPatch) -> None:
    pytest.importorskip("triton")
    a_gpu.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    a_gpu.setattr(torch.version, "hip", hip)
    assert not gpu.usable(GPU)
    assert gpu.fault(GPU) == why
