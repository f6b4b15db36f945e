"""CPU or GPU, and how exactly: the mode that nets are built in, one for the whole process."""

import torch

from torchcaffe.errors import DeviceError
from torchcaffe.precision import Precision

_on_gpu = False
_gpu = 0  # The number of the GPU that counts while the mode is GPU.
_precision = Precision.FLOAT32


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
    """The device that nets are built on now."""
    return torch.device("cuda", _gpu) if _on_gpu else torch.device("cpu")


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
