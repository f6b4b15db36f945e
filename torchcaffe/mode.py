"""The mode in which nets are built: CPU or GPU, and the precision. There is one for the whole process."""

from functools import cache
from typing import Any

import torch

from torchcaffe.errors import DeviceError
from torchcaffe.precision import Precision

_on_gpu = False
_gpu = 0  # The number of the GPU that is used in GPU mode.
_precision = Precision.FLOAT32
_LEAST_CAPABILITY = (8, 0)
"""Of an NVIDIA GPU that computes in TF32 and bf16: Ampere."""


def set_mode_cpu() -> None:
    """Nets built from now on live on the CPU."""
    global _on_gpu
    _on_gpu = False


def set_mode_gpu() -> None:
    """Nets built from now on live on the GPU of `set_device`, or number 0. `DeviceError` if there is none."""
    global _on_gpu
    _check_gpu(_gpu)
    _on_gpu = True
    set_precision(_precision)


def set_device(index: int) -> None:
    """Chooses the GPU of `set_mode_gpu`, before or after it. `DeviceError` if there is no such GPU."""
    global _gpu
    _check_gpu(index)
    _gpu = index


def device() -> torch.device:
    """The device that nets are built on now.

    `DeviceError` for a GPU that does not compute, or not in the precision that is set. Only this function uses a GPU,
    so the setters can be called in any order.
    """
    if not _on_gpu:
        return torch.device("cpu")
    _check_that_it_computes(_gpu)
    _check_precision(_gpu, _precision)
    return torch.device("cuda", _gpu)


def set_precision(wanted: Precision) -> None:
    """Sets the precision of nets compiled from now on; `tf32`, for GPUs only (else `DeviceError`), acts at once."""
    global _precision
    if wanted is Precision.TF32 and not _on_gpu:
        raise DeviceError("tf32 is a way in which GPUs compute, and this runs on the CPU: choose a GPU, or float32")
    _precision = wanted
    if _on_gpu:
        # PyTorch's default rounds convolutions to TF32; Caffe is float32.
        torch.backends.cudnn.allow_tf32 = wanted is Precision.TF32
        torch.backends.cuda.matmul.allow_tf32 = wanted is Precision.TF32
        # If these are not set, cuDNN's operations follow a setting that a program may have made for all of PyTorch. If
        # only one is set, PyTorch can no longer read `allow_tf32`.
        cudnn: Any = torch.backends.cudnn  # Its stubs lack these two.
        for operation in (cudnn.conv, cudnn.rnn):
            operation.fp32_precision = "tf32" if wanted is Precision.TF32 else "ieee"


def precision() -> Precision:
    """The precision that nets compute in now."""
    return _precision


def _check_gpu(index: int) -> None:
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if not 0 <= index < count:
        raise DeviceError(
            f"GPU {index} was asked for, but PyTorch {torch.__version__} sees {count} GPU(s) here. "
            "Use the CPU instead (without -gpu, or caffe.set_mode_cpu()), or install a CUDA build of PyTorch"
        )


@cache
def _check_that_it_computes(index: int) -> None:
    try:
        _compute(index)
    except RuntimeError as error:
        why = next(iter(str(error).splitlines()), type(error).__name__)
        raise DeviceError(
            f"{_name(index)} was asked for, but PyTorch {torch.__version__} cannot compute on it: {why}. "
            "End what else uses it, install a PyTorch that is built for it, or use another GPU or the CPU"
        ) from error


def _check_precision(index: int, wanted: Precision) -> None:
    """Refuses (`DeviceError`) a precision without hardware on the GPU: PyTorch would silently compute otherwise."""
    if wanted is not Precision.FLOAT32 and not torch.version.hip and _capability(index) < _LEAST_CAPABILITY:
        least, has = (".".join(map(str, version)) for version in (_LEAST_CAPABILITY, _capability(index)))
        raise DeviceError(
            f"{wanted} needs a GPU of compute capability {least}, and {_name(index)} has {has}: "
            "choose float32, or another GPU"
        )


def _compute(index: int) -> None:
    """Runs one of PyTorch's kernels. Raises RuntimeError if the GPU is not available, or PyTorch has no code for it."""
    torch.ones((), device=torch.device("cuda", index))


def _capability(index: int) -> tuple[int, int]:
    return torch.cuda.get_device_capability(index)


def _name(index: int) -> str:
    """The GPU as `GPU 0 (NVIDIA H200)`; only its number if CUDA cannot be initialized."""
    try:
        return f"GPU {index} ({torch.cuda.get_device_name(index)})"
    except RuntimeError:
        return f"GPU {index}"
