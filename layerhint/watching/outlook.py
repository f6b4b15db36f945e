"""How fast the trainings of a run go and how long they will still take, for its bars and for its status."""

import time
from collections.abc import Mapping

from layerhint.trainings.trainings import Training
from layerhint.watching.caffe_log import LogReader
from layerhint.watching.watcher import Watcher
from layerhint.wording import duration


class Pace:
    """How far a training has come, in iterations, and how fast it goes, in iterations a second (None: not known yet).

    The clock starts at the first iteration that shows, so that a net's setting up does not count.
    """

    def __init__(self, max_iter: int) -> None:
        self.reached = 0
        self.speed: float | None = None
        self._max_iter = max_iter
        self._first: tuple[int, float] | None = None

    def look(self, reader: LogReader, since: int) -> None:
        """Takes in the log of a stint that began at iteration `since`."""
        reached, now = reader.reached(since), time.monotonic()
        if self._first is None:
            if max(reader.train, default=-1) >= since:
                self._first = reached, now
        elif reached > self.reached:
            first, started = self._first
            self.speed = (reached - first) / max(now - started, 1e-6)
        self.reached = reached

    def stop(self) -> None:
        """Ends a stint: the speed is not known until the training continues, its progress stays."""
        self.speed = self._first = None

    @property
    def seconds_left(self) -> float | None:
        return (self._max_iter - self.reached) / self.speed if self.speed else None

    @property
    def share_left(self) -> float:
        """What part of the training is still to be done, from 0 to 1."""
        return 1 - self.reached / self._max_iter

    @property
    def share_a_second(self) -> float:
        """What part of the training is done in a second at its speed."""
        return (self.speed or 0.0) / self._max_iter


class Outlook(Watcher):
    """The pace of each training, and the seconds left for all: their multiply-adds, at the speed of those that run now.

    Where none has a speed yet, the last speed holds.
    `works` is what each training that is to be done takes (see `layerhint.watching.forecast.works`).
    """

    def __init__(self, works: Mapping[str, float]) -> None:
        self.seconds_left: float | None = None
        self._works = dict(works)
        self._paces: dict[str, Pace] = {}
        self._rate = 0.0  # Multiply-adds a second.

    def began(self, step_id: str, why: str, where: str) -> None:
        self._stop(step_id)

    def trained(self, training: Training, reader: LogReader, since: int) -> None:
        if training.id not in self._paces:
            self._paces[training.id] = Pace(training.schedule.max_iter)
        self._paces[training.id].look(reader, since)
        self._look_ahead()

    def ended(self, step_id: str, state: str, note: str) -> None:
        if state != "lost":  # A lost training continues elsewhere.
            self._works.pop(step_id, None)
        self._stop(step_id)

    def pace(self, training: str) -> Pace | None:
        """The pace of a training, by its id; None before its log has been looked at."""
        return self._paces.get(training)

    def told(self, training: str) -> list[str]:
        """The speed of a training, and the time left for it and for all, in words; nothing while there is no speed."""
        pace = self.pace(training)
        own = pace.seconds_left if pace else None
        if pace is None or own is None:
            return []
        whole = "" if self.seconds_left is None else f", {duration(self.seconds_left)} in all"
        return [f"{pace.speed:.3g} it/s", f"{duration(own)} left{whole}"]

    def _stop(self, training: str) -> None:
        if training in self._paces:
            self._paces[training].stop()
        self._look_ahead()

    def _look_ahead(self) -> None:
        rate, left = 0.0, 0.0
        for training, work in self._works.items():
            pace = self._paces.get(training)
            left += work * (pace.share_left if pace else 1)
            rate += work * (pace.share_a_second if pace else 0)
        self._rate = rate or self._rate
        self.seconds_left = left / self._rate if self._rate else None
