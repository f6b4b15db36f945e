"""How long a training took, over all the stints in which it was done."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from layerhint.records.notes import Started
from layerhint.records.records import read_started, write_started


@dataclass(frozen=True)
class Spent:
    """Seconds of training, and the iterations that they led to.

    What a killed stint did after its last snapshot does not count: the next stint does it again.
    """

    seconds: float = 0.0
    iterations: int = 0

    @classmethod
    def of(cls, started: Started | None) -> "Spent":
        """What the note says that a training was begun; nothing without a note."""
        return cls(started.seconds, started.iterations) if started else cls()

    def plus(self, seconds: float, iterations: int) -> "Spent":
        """Both together."""
        return Spent(self.seconds + seconds, self.iterations + iterations)

    @property
    def rate(self) -> float | None:
        """Iterations a second."""
        return round(self.iterations / self.seconds, 4) if self.seconds else None


class Stint:
    """The stint of a training that runs now. Whenever there is a new snapshot, its seconds and iterations are noted.

    `reach` gives the iteration of the furthest whole snapshot, `since` is the one that the stint goes on from. `share`
    is the training's part of the time that passes.
    """

    def __init__(self, records: Path, step_id: str, reach: Callable[[], int], since: int, share: float) -> None:
        self._records = records
        self._id = step_id
        self._reach = reach
        self._since = since
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
        """Notes this stint if the log has announced more snapshots than at the last look."""
        if self._announced is not None and announced > self._announced:
            self.note()
        self._announced = announced

    def note(self) -> None:
        """Adds this stint, as far as it has come, to the note that the training was begun."""
        spent = Spent.of(self._started).plus(self.seconds, self._reach() - self._since)
        write_started(self._records, self._id, self._started.model_copy(update=asdict(spent)))
