"""`caffe device_query`: shows the GPUs."""

import torch

from torchcaffe.cli.devices import gpu_number
from torchcaffe.cli.flags import Flags
from torchcaffe.errors import DeviceError
from torchcaffe.glog import logger


def device_query(flags: Flags) -> int:
    """Shows the GPUs that -gpu names, or every one. Source: Caffe 1.0, `tools/caffe.cpp`, `Caffe::DeviceQuery`."""
    logger.info("Querying GPUs %s", flags.gpu)
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    named = [] if flags.gpu in ("", "all") else [gpu_number(number) for number in flags.gpu.split(",")]
    if any(number >= count for number in named) or (flags.gpu == "all" and not count):
        raise DeviceError(f"-gpu {flags.gpu}: PyTorch {torch.__version__} sees {count} GPU(s) here")
    if not count:
        logger.info(
            "PyTorch %s sees no GPU here; nets run on the CPU, with %d threads",
            torch.__version__,
            torch.get_num_threads(),
        )
    for index in named or range(count):
        _show(index)
    return 0


def _show(index: int) -> None:
    found = torch.cuda.get_device_properties(index)
    lines = {
        "Device id": index,
        "Major revision number": found.major,
        "Minor revision number": found.minor,
        "Name": found.name,
        "Total global memory": found.total_memory,
        "Warp size": found.warp_size,
        "Number of multiprocessors": found.multi_processor_count,
    }
    for what, value in lines.items():
        logger.info("%-30s %s", f"{what}:", value)
