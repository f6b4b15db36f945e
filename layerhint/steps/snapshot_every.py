"""How often a training snapshots, where that is said on the command line: it changes no number that is trained."""

import re
from dataclasses import dataclass

from layerhint.errors import LayerhintError
from layerhint.spans import seconds_of

_OPTION = "--snapshot-every"
_INTERVAL = re.compile(r"^snapshot: \d+$", re.MULTILINE)


@dataclass(frozen=True)
class SnapshotEvery:
    """Every so many iterations, in the place of the solver's interval; or every so many seconds, besides it."""

    iterations: int | None = None
    seconds: float | None = None

    @classmethod
    def parse(cls, text: str) -> "SnapshotEvery":
        """Of `500` or `5m`. LayerhintError for anything else."""
        if not text.strip().isdigit():
            return cls(seconds=seconds_of(text, _OPTION))
        if int(text) == 0:
            raise LayerhintError(f"{_OPTION} {text}: give at least 1 iteration, or minutes as in 5m")
        return cls(iterations=int(text))

    def solver(self, text: str) -> str | None:
        """A rendered solver's text with this interval; None where the solver can be run as it is."""
        if self.iterations is None:
            return None
        changed, count = _INTERVAL.subn(f"snapshot: {self.iterations}", text)
        if count != 1:
            raise RuntimeError("a rendered solver has one line `snapshot: N`")
        return changed
