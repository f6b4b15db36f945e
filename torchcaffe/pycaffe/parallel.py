"""pycaffe's interface to training on several GPUs. torchcaffe trains in one process, on one device."""

from typing import NoReturn

from torchcaffe.errors import DeviceError

_REMEDY = "torchcaffe trains in one process, on one device: choose it with set_device, and run one process a solver"


class NCCL:
    """Not available: making one, or asking for an id, raises `DeviceError`."""

    def __init__(self, solver: object, uid: bytes) -> None:
        raise DeviceError(f"there is no NCCL here. {_REMEDY}")

    @staticmethod
    def new_uid() -> NoReturn:
        raise DeviceError(f"there is no NCCL here. {_REMEDY}")


def has_nccl() -> bool:
    """Whether several GPUs can train one net: always False."""
    return False


def solver_count() -> int:
    """How many solvers train one net: 1."""
    return 1


def set_solver_count(count: int) -> None:
    """Takes 1; `DeviceError` for another number."""
    if count != 1:
        raise DeviceError(f"{count} solvers were asked for. {_REMEDY}")


def solver_rank() -> int:
    """Which of the solvers this one is: 0, the first."""
    return 0


def set_solver_rank(rank: int) -> None:
    """Takes 0; `DeviceError` for another number."""
    if rank != 0:
        raise DeviceError(f"solver number {rank} was asked for, and there is number 0 only. {_REMEDY}")


def set_multiprocess(multiprocess: bool) -> None:
    """Does nothing: the one solver has a process of its own in any case."""
