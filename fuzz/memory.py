"""Frees the memory that inputs leave behind in a process that reads thousands of them."""

import ctypes
import gc
import resource
from pathlib import Path

GROWTH_BYTES = 256 << 20
_LARGE_BYTES = 1 << 20
_M_MMAP_THRESHOLD = -3

_STATM = Path("/proc/self/statm")


class Upkeep:
    """Returns unused memory to the system whenever the process has grown by `growth` bytes.

    A net's parts refer to each other in cycles, so that an input's leftovers would count against later inputs. Memory
    still in use stays, so that a leak is noticed all the same.

    glibc keeps the address space of freed memory, and an input's limit is counted on top of the address space in use
    (see `fuzz.limits`): after some large inputs the limit would be too high. So each large block is mapped by itself,
    and unmapped when it is freed.
    """

    def __init__(self, growth: int = GROWTH_BYTES) -> None:
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        self._growth = growth
        self._settled = resident_bytes()

    def after_input(self) -> None:
        """Call this between two inputs."""
        if resident_bytes() > self._settled + self._growth:
            give_back()
            self._settled = resident_bytes()


def resident_bytes() -> int:
    """The process's resident memory, in bytes."""
    return int(_STATM.read_text(encoding="ascii").split()[1]) * resource.getpagesize()


def give_back() -> None:
    """Frees what nothing refers to, and returns free memory to the system where the C library can (glibc)."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
