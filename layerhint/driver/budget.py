"""A run that has only so much time: it is stopped in good order before that is over."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SPENT = 75
"""The exit status of a driver whose time was used up: `EX_TEMPFAIL` of sysexits.h, run it again."""

_LONGEST_STOP = 20.0


class Budget:
    """Seconds that a driver may run, or None for no limit; `spent` once they are used up.

    The time is up a fifth of the budget, at most 20 seconds, before the budget's end. What runs is then interrupted as
    by Ctrl-C: a training stops with a snapshot. If it has not stopped when three quarters of that time are over, it is
    interrupted once more, which ends it at once; the last snapshot stands.
    """

    def __init__(self, seconds: float | None) -> None:
        self.seconds = seconds
        self.spent = False

    @contextmanager
    def running(self) -> Iterator[None]:
        """The time runs, for the main thread."""
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
