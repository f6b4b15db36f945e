"""The device that a process computes on: when its work is over, and how much memory the process has taken of it.

It imports nothing but Python's own library: a real Caffe's Python runs it.
"""

from pathlib import Path
from typing import Protocol

from benchmarks.children.gpu import Gpu, number_of


class Device(Protocol):
    """Around work: `begin`, the work, `synchronise`, `end`. A GPU's work goes on when the calls that ask for it have
    returned, so that a time is taken after `synchronise`."""

    def begin(self) -> None: ...

    def synchronise(self) -> None: ...

    def end(self) -> None: ...

    def peak_bytes(self) -> int:
        """The most memory that the process has had so far."""
        ...


class Cpu:
    """See `Device`: its memory is what is resident."""

    def begin(self) -> None: ...

    def synchronise(self) -> None: ...

    def end(self) -> None: ...

    def peak_bytes(self) -> int:
        return resident_peak()


def open_device(name: str) -> Device:
    """`cpu`, or `cuda:N`."""
    number = number_of(name)
    return Cpu() if number is None else Gpu(number)


def resident_peak(status: Path = Path("/proc/self/status")) -> int:
    """The most memory that the process has had resident; 0 where the system does not tell.

    `getrusage` would count what the process had before it became this program: its parent's memory.
    """
    try:
        lines = status.read_text().splitlines()
    except OSError:
        return 0
    found = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(found[0]) * 1024 if found else 0
