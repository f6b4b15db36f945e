"""CPU or GPU, and how exactly: the mode that nets are built in, one for the whole process."""

from functools import cache
from typing import Any

import torch

from torchcaffe.errors import DeviceError
from torchcaffe.precision import Precision

_on_gpu = False
_gpu = 0  # The number of the GPU that counts while the mode is GPU.
_precision = Precision.FLOAT32
_LEAST_CAPABILITY = (8, 0)
"""Of an NVIDIA GPU that computes in TF32 and bf16: Ampere."""


def set_mode_cpu() -> None:
    """Nets built from now on live on the CPU."""
    global _on_gpu
    _on_gpu = False


def set_mode_gpu() -> None:
    """Nets built from now on live on the GPU: the one last set, or number 0. `DeviceError` without one."""
    global _on_gpu
    _check_gpu(_gpu)
    _on_gpu = True
    set_precision(_precision)


def set_device(index: int) -> None:
    """Says which GPU `set_mode_gpu` stands for, before or after it. `DeviceError` if there is no such GPU."""
    global _gpu
    _check_gpu(index)
    _gpu = index


def device() -> torch.device:
    """The device that nets are built on now.

    `DeviceError` for a GPU that does not compute, or not in the precision that is set. Only here is a GPU touched: what
    is set before may be set otherwise.
    """
    if not _on_gpu:
        return torch.device("cpu")
    _check_that_it_computes(_gpu)
    _check_precision(_gpu, _precision)
    return torch.device("cuda", _gpu)


def set_precision(wanted: Precision) -> None:
    """Nets that are compiled from now on compute so; `tf32` holds at once, and is a GPU's: `DeviceError` elsewhere."""
    global _precision
    if wanted is Precision.TF32 and not _on_gpu:
        raise DeviceError("tf32 is a way in which GPUs compute, and this runs on the CPU: choose a GPU, or float32")
    _precision = wanted
    if _on_gpu:
        # PyTorch's default rounds convolutions to TF32; Caffe is float32.
        torch.backends.cudnn.allow_tf32 = wanted is Precision.TF32
        torch.backends.cuda.matmul.allow_tf32 = wanted is Precision.TF32
        # Without words of their own, cuDNN's operations go by what a program may have said for all of PyTorch; and
        # where one of the two does, PyTorch can no longer tell its `allow_tf32`.
        cudnn: Any = torch.backends.cudnn  # Whose types lack these two.
        for operation in (cudnn.conv, cudnn.rnn):
            operation.fp32_precision = "tf32" if wanted is Precision.TF32 else "ieee"


def precision() -> Precision:
    """How exactly nets compute now."""
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
    """What the GPU has no units for would be computed otherwise, and not said."""
    if wanted is not Precision.FLOAT32 and not torch.version.hip and _capability(index) < _LEAST_CAPABILITY:
        least, has = (".".join(map(str, version)) for version in (_LEAST_CAPABILITY, _capability(index)))
        raise DeviceError(
            f"{wanted} needs a GPU of compute capability {least}, and {_name(index)} has {has}: "
            "choose float32, or another GPU"
        )


def _compute(index: int) -> None:
    """A kernel of PyTorch's own. Raises RuntimeError where the GPU is not to be had, or PyTorch has no code for it."""
    torch.ones((), device=torch.device("cuda", index))


def _capability(index: int) -> tuple[int, int]:
    return torch.cuda.get_device_capability(index)


def _name(index: int) -> str:
    """`GPU 0 (NVIDIA H200)`; only its number where CUDA does not begin."""
    try:
        return f"GPU {index} ({torch.cuda.get_device_name(index)})"
    except RuntimeError:
        return f"GPU {index}"
