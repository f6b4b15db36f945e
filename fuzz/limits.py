"""The memory and the time that one input may take."""

import resource
import signal
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY_BYTES = 1 << 30
SECONDS = 10.0
"""Of CPU time."""
_CLOCK = 12
"""The limit of wall-clock time is this many times `SECONDS`, since the machine may be busy."""

_STATUS = Path("/proc/self/status")


class TookTooLongError(BaseException):
    """Reading took too long. Not an Exception, so that no reader can take it for a damaged file."""


@contextmanager
def limited(seconds: float = SECONDS, memory: int = MEMORY_BYTES) -> Iterator[None]:
    """Inside, allocations beyond `memory` bytes in all fail, and TookTooLongError is raised after `seconds`.

    Only private writable memory counts (RLIMIT_DATA), not the mapped files of an LMDB or a library.
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
