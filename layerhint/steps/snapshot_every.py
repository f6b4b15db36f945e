"""How often trainings snapshot, if the command line says so. It changes no trained number."""

import re
from dataclasses import dataclass

from layerhint.errors import LayerhintError
from layerhint.spans import seconds_of

_OPTION = "--snapshot-every"
_INTERVAL = re.compile(r"^snapshot: \d+$", re.MULTILINE)


@dataclass(frozen=True)
class SnapshotEvery:
    """Every so many iterations, instead of the solver's interval; or every so many seconds, besides the interval."""

    iterations: int | None = None
    seconds: float | None = None

    @classmethod
    def parse(cls, text: str) -> "SnapshotEvery":
        """Reads `500` or `5m`. Raises LayerhintError for anything else."""
        if not text.strip().isdigit():
            return cls(seconds=seconds_of(text, _OPTION))
        if int(text) == 0:
            raise LayerhintError(f"{_OPTION} {text}: give at least 1 iteration, or minutes as in 5m")
        return cls(iterations=int(text))

    def solver(self, text: str) -> str | None:
        """The text of a rendered solver with this interval; None if the solver needs no change."""
        if self.iterations is None:
            return None
        changed, count = _INTERVAL.subn(f"snapshot: {self.iterations}", text)
        if count != 1:
            raise RuntimeError("a rendered solver has one line `snapshot: N`")
        return changed
