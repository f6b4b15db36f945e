"""Checks the sizes that a file asks for before memory is allocated."""

import resource
from collections.abc import Callable
from pathlib import Path

from torchcaffe.errors import CaffeError

_SMALL = 16 << 20
"""What takes less is not worth a question to the system."""
_ROOM = 2 * _SMALL
"""What is left for that, by what is asked about."""
_MEMINFO, _STATUS = Path("/proc/meminfo"), Path("/proc/self/status")
_GROUP = Path("/sys/fs/cgroup")


def check_memory(size: int, what: str, error: Callable[[str], CaffeError] = CaffeError) -> None:
    """Refuses (`error`) to allocate `size` bytes of main memory for `what` if they are not available."""
    if size < _SMALL:
        return
    free = available()
    if free is None:
        return
    free = max(0, free - _ROOM)
    if size > free:
        raise error(
            f"{what} would take {_gib(size)} of memory, and {_gib(free)} can be had: is its size as it should be? If "
            "so, take a machine with more memory"
        )


def available() -> int | None:
    """Bytes of main memory that this process can still take; None where the system does not say.

    The least that the machine, the process's control group (a container, a Slurm job) and its own limit of data
    (`ulimit -d`) leave.
    """
    known = [free for free in (_of_machine(), _of_group(), _of_limit()) if free is not None]
    return max(0, min(known)) if known else None


def _of_machine() -> int | None:
    return _kilobytes(_MEMINFO, "MemAvailable:")


def _of_group() -> int | None:
    """The bytes left in the control group (version 2), as seen from inside a container."""
    try:
        most, taken = ((_GROUP / name).read_text(encoding="ascii").strip() for name in ("memory.max", "memory.current"))
        return None if most == "max" else int(most) - int(taken)
    except (OSError, ValueError):
        return None


def _of_limit() -> int | None:
    limit, _ = resource.getrlimit(resource.RLIMIT_DATA)
    taken = _kilobytes(_STATUS, "VmData:")
    return None if limit == resource.RLIM_INFINITY or taken is None else limit - taken


def _kilobytes(file: Path, key: str) -> int | None:
    try:
        lines = file.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith(key)), None)


def _gib(size: int) -> str:
    return f"{size / 2**30:.1f} GiB"
