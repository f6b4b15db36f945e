"""The device that a child computes on: waits for its work, and measures the memory that the process takes.

It imports only the standard library, since a real Caffe's Python runs it too.
"""

from pathlib import Path
from typing import Protocol

from benchmarks.children.gpu import Gpu, number_of


class Device(Protocol):
    """Call `begin`, do the work, then call `synchronise` and `end`. Calls that give work to a GPU return before it is
    done, so take the time after `synchronise`."""

    def begin(self) -> None: ...

    def synchronise(self) -> None: ...

    def end(self) -> None: ...

    def peak_bytes(self) -> int:
        """The most memory that the process has had so far."""
        ...


class Cpu:
    """The CPU (see `Device`); its memory is the process's resident memory."""

    def begin(self) -> None: ...

    def synchronise(self) -> None: ...

    def end(self) -> None: ...

    def peak_bytes(self) -> int:
        return resident_peak()


def open_device(name: str) -> Device:
    """The device named `cpu` or `cuda:N`."""
    number = number_of(name)
    return Cpu() if number is None else Gpu(number)


def resident_peak(status: Path = Path("/proc/self/status")) -> int:
    """The process's peak resident memory in bytes; 0 if the system does not say.

    `getrusage` would also count memory from before the process ran this program: its parent's.
    """
    try:
        lines = status.read_text().splitlines()
    except OSError:
        return 0
    peaks = [line.split()[1] for line in lines if line.startswith("VmHWM:")]
    return int(peaks[0]) * 1024 if peaks else 0
