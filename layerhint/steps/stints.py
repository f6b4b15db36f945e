"""How long a training took, over all the stints in which it was done."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from layerhint.records.notes import Started
from layerhint.records.records import read_started, write_started


@dataclass(frozen=True)
class Spent:
    """Seconds, and the iterations that they led to: up to a snapshot, from which a later stint goes on.

    What was computed after the last snapshot of a stint that was killed is not in it.
    """

    seconds: float = 0.0
    iterations: int = 0

    @classmethod
    def of(cls, started: Started | None) -> "Spent":
        """What the record of a training that has begun says."""
        return cls(started.seconds, started.iterations) if started else cls()

    def plus(self, seconds: float, iterations: int) -> "Spent":
        """Both together."""
        return Spent(self.seconds + seconds, self.iterations + iterations)

    @property
    def rate(self) -> float | None:
        """Iterations a second."""
        return round(self.iterations / self.seconds, 4) if self.seconds else None


class Stint:
    """The stint of a training that runs now; what it has led to is noted whenever there is a new snapshot.

    `reach` gives the iteration of the furthest whole snapshot, `since` is the one that the stint goes on from. `share`
    is what of the time that passes is this training's.
    """

    def __init__(self, records: Path, step_id: str, reach: Callable[[], int], since: int, share: float = 1) -> None:
        self._records = records
        self._id = step_id
        self._reach = reach
        self.since = since
        self._share = share
        self._started = read_started(records, step_id) or Started(inputs={})
        self._began = time.monotonic()
        self._announced: int | None = None

    @property
    def inputs(self) -> dict[str, str]:
        """What the training is made from."""
        return self._started.inputs

    @property
    def seconds(self) -> float:
        return (time.monotonic() - self._began) * self._share

    def look(self, announced: int) -> None:
        """Takes note if the log has announced more snapshots than at the last look."""
        if self._announced is not None and announced > self._announced:
            self.note()
        self._announced = announced

    def note(self) -> None:
        """Adds this stint, as far as it has come, to the record of the training that has begun."""
        spent = Spent.of(self._started).plus(self.seconds, self._reach() - self.since)
        write_started(self._records, self._id, self._started.model_copy(update=asdict(spent)))
