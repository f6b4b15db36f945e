"""Chooses a command's device from its flags."""

import torch

import torchcaffe
from torchcaffe import mode
from torchcaffe.cli.flags import Flags, UsageError
from torchcaffe.errors import DeviceError
from torchcaffe.glog import logger
from torchcaffe.precision import Precision


def gpu_from_flag(flag: str) -> int | None:
    """The number of the GPU that -gpu names; None if it is not given. One GPU only."""
    if not flag:
        return None
    if flag == "all":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if count != 1:
            raise DeviceError(
                f"-gpu all: PyTorch {torch.__version__} sees {count} GPUs here, and a run takes one: "
                + ("choose it, as in -gpu 0" if count else "leave -gpu out to use the CPU")
            )
        return 0
    if "," in flag:
        raise UsageError(f"-gpu {flag}: a run takes one GPU: choose one of them")
    return gpu_number(flag)


def gpu_number(text: str) -> int:
    """The number of a GPU. `UsageError` for anything else."""
    if not text.isdigit():
        raise UsageError(f"-gpu takes the number of a GPU or 'all', got '{text}'")
    return int(text)


def use_device(flags: Flags, gpu: int | None, training: bool = False, fast: bool = True) -> None:
    """Sets threads, device and precision, and logs them; the words of the log lines depend on `training`.

    `fast` says whether the command can take the fast path at all.
    `DeviceError` for a GPU that is not there, or a precision that the device does not have.
    Source of the lines: Caffe 1.0, `tools/caffe.cpp`.
    """
    if flags.threads < 0:
        raise UsageError(f"-threads is {flags.threads}: it must be at least 0")
    if flags.threads:
        torch.set_num_threads(flags.threads)
    precision = _precision(flags, fast and not flags.plain)
    if gpu is None:
        logger.info("Use CPU.")
        mode.set_mode_cpu()
        mode.set_precision(precision)
    else:
        logger.info("Using GPUs %d" if training else "Use GPU with device ID %d", gpu)
        mode.set_device(gpu)
        mode.set_mode_gpu()
        mode.set_precision(precision)
        name = torch.cuda.get_device_name(mode.device())
        logger.info("%s: %s", f"GPU {gpu}" if training else "GPU device name", name)
    logger.info("%s", engine())


def engine() -> str:
    """What computes, and in which precision: `torchcaffe 0.1.0 (PyTorch 2.9.0, cpu, float32, 4 threads)`."""
    device = mode.device()
    name = f"{device} {torch.cuda.get_device_name(device)}" if device.type == "cuda" else "cpu"
    return (
        f"torchcaffe {torchcaffe.torchcaffe_version} (PyTorch {torch.__version__}, {name}, {mode.precision()}, "
        f"{torch.get_num_threads()} threads)"
    )


def _precision(flags: Flags, fast: bool) -> Precision:
    known = [str(precision) for precision in Precision]
    if flags.precision not in known:
        raise UsageError(f"-precision is '{flags.precision}': it must be one of {', '.join(known)}")
    wanted = Precision(flags.precision)
    if wanted is Precision.BF16 and not fast:
        raise UsageError("-precision bf16 is the fast path's, for `caffe train` and `caffe test` without -plain")
    return wanted
