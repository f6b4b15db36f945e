"""The memory and the time that one input may take."""

import resource
import signal
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY_BYTES = 1 << 30
SECONDS = 10.0
"""Of the processor's time; by the clock it may be more by this factor, for a machine that has other work too."""
_CLOCK = 12

_STATUS = Path("/proc/self/status")


class TookTooLongError(BaseException):
    """Not an Exception: no reader may take it for a fault of its file."""


@contextmanager
def limited(seconds: float = SECONDS, memory: int = MEMORY_BYTES) -> Iterator[None]:
    """Inside, an allocation beyond `memory` more than now fails, and after `seconds` comes TookTooLongError.

    What counts is private writable memory (RLIMIT_DATA), so that the mapped files of an LMDB or a library do not.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    handlers = {number: signal.signal(number, _too_long) for number in (signal.SIGPROF, signal.SIGALRM)}
    resource.setrlimit(resource.RLIMIT_DATA, (_data_bytes() + memory, hard))
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, seconds * _CLOCK)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.setitimer(signal.ITIMER_PROF, 0)
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _too_long(_signal: int, _frame: types.FrameType | None) -> None:
    raise TookTooLongError


def _data_bytes() -> int:
    """VmData: private writable memory, touched or not."""
    lines = _STATUS.read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmData:"))
