"""CPU or GPU, and how exactly: the process-wide mode that nets are built in, as in Caffe."""

import torch

from torchcaffe.errors import DeviceError
from torchcaffe.precision import Precision

_device = torch.device("cpu")
_precision = Precision.FLOAT32


def set_mode_cpu() -> None:
    """Nets built from now on live on the CPU."""
    global _device
    _device = torch.device("cpu")


def set_mode_gpu() -> None:
    """Nets built from now on live on the GPU: the one last set, or number 0. `DeviceError` without one."""
    if _device.type != "cuda":
        set_device(0)


def set_device(index: int) -> None:
    """Nets built from now on live on this GPU. `DeviceError` if there is no such GPU."""
    global _device
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if not 0 <= index < count:
        raise DeviceError(
            f"GPU {index} was asked for, but PyTorch {torch.__version__} sees {count} GPU(s) here. "
            "Use the CPU instead (without -gpu, or caffe.set_mode_cpu()), or install a CUDA build of PyTorch"
        )
    _device = torch.device("cuda", index)
    set_precision(_precision)


def device() -> torch.device:
    """The device that nets are built on now."""
    return _device


def set_precision(wanted: Precision) -> None:
    """Nets that are compiled from now on compute so; `tf32` holds at once, and is a GPU's: `DeviceError` elsewhere."""
    global _precision
    if wanted is Precision.TF32 and _device.type != "cuda":
        raise DeviceError("tf32 is a way in which GPUs compute, and this runs on the CPU: choose a GPU, or float32")
    _precision = wanted
    if _device.type == "cuda":
        # PyTorch's default rounds convolutions to TF32; Caffe is float32.
        torch.backends.cudnn.allow_tf32 = wanted is Precision.TF32
        torch.backends.cuda.matmul.allow_tf32 = wanted is Precision.TF32


def precision() -> Precision:
    """How exactly nets compute now."""
    return _precision
