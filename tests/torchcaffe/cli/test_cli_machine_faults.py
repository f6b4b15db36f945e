"""What the command says where the machine fails, and not its user."""

from collections.abc import Callable
from importlib import import_module

import pytest
import torch

from torchcaffe.cli.flags import Flags

Result = tuple[int, str]
FAILED = (
    "the GPU has failed: {}; try again, a training from its last snapshot (-snapshot). If that fails too, -plain uses "
    "none of torchcaffe's own kernels"
)
# What libraries say through PyTorch and Triton, which have no class for it.
FULL = [
    "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
    "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
    "Triton Error [CUDA]: out of memory",
]
BROKEN = [
    "cuDNN error: CUDNN_STATUS_EXECUTION_FAILED",
    "GET was unable to find an engine to execute this computation",
    "Triton Error [CUDA]: an illegal memory access was encountered",
]


class TritonError(Exception):
    """As Triton's: no RuntimeError."""


class OutOfResources(TritonError):  # noqa: N818
    """A kernel that wants more than the GPU has."""


class CompilationError(TritonError):
    """A kernel that this Triton does not understand."""


def fails_with(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def device_query(flags: Flags) -> int:
        raise error

    monkeypatch.setattr(import_module("torchcaffe.cli.device_query"), "device_query", device_query)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (MemoryError("a blob of 7 TB"), "out of memory: a blob of 7 TB; take a smaller batch_size"),
        (
            RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes."),
            "out of memory: DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes.; "
            "take a smaller batch_size",
        ),
        (
            torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 3 GiB."),
            "the GPU's memory is used up: CUDA out of memory. Tried to allocate 3 GiB.; take a smaller batch_size",
        ),
        (
            torch.AcceleratorError("CUDA error: unspecified launch failure\nCompile with `TORCH_USE_CUDA_DSA`"),
            FAILED.format("CUDA error: unspecified launch failure"),
        ),
        (
            torch.AcceleratorError("CUDA error: out of memory\nCompile with `TORCH_USE_CUDA_DSA`"),
            "the GPU's memory is used up: CUDA error: out of memory; take a smaller batch_size",
        ),
        *[(RuntimeError(words), f"the GPU's memory is used up: {words}; take a smaller batch_size") for words in FULL],
        *[(RuntimeError(words), FAILED.format(words)) for words in BROKEN],
        (OutOfResources("out of resource: shared memory"), FAILED.format("out of resource: shared memory")),
    ],
)
def test_a_fault_of_the_machine_is_one_line(
    error: Exception, told: str, caffe: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    fails_with(error, monkeypatch)
    assert caffe("device_query") == (1, f"error: {told}\n")


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("a view size is not compatible"),
        CompilationError("at 2:4: x has no attribute foo"),
        ValueError("a script: CUDA error: none"),
    ],
)
def test_a_fault_of_the_program_is_a_traceback(
    error: Exception, caffe: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    fails_with(error, monkeypatch)
    with pytest.raises(type(error), match=str(error)):
        caffe("device_query")
