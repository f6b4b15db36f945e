"""A limit on a run's time: the run is stopped in good order before it is reached."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SPENT = 75
"""The exit status of a driver whose time was used up: `EX_TEMPFAIL` of sysexits.h, run it again."""

_LONGEST_STOP = 20.0


class Budget:
    """Seconds that a driver may run, or None for no limit; `spent` says that it was interrupted because of them.

    The driver is interrupted as by Ctrl-C a fifth of the budget, at most 20 seconds, before the budget's end: a
    training stops with a snapshot. If it still runs after three quarters of that reserve, it is interrupted again,
    which ends it at once; the last snapshot stands.
    """

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self.spent = False

    @contextmanager
    def running(self) -> Iterator[None]:
        """Limits the time of its block, which must be in the main thread."""
        if self.seconds is None:
            yield
            return
        reserve = min(self.seconds / 5, _LONGEST_STOP)
        before = signal.signal(signal.SIGALRM, self._interrupt)
        signal.setitimer(signal.ITIMER_REAL, self.seconds - reserve, 0.75 * reserve)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        self.spent = True
        raise KeyboardInterrupt
