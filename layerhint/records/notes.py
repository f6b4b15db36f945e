"""Notes on a step that is not finished: that it was begun, that it failed by itself, that it has to be done again."""

from typing import ClassVar

from layerhint.records.recorded import Recorded


class Started(Recorded):
    """A step was begun, from these inputs.

    If a training has left snapshots, `seconds` and `iterations` are how long it has trained and how far it has come.
    """

    kind: ClassVar[str] = "started"

    inputs: dict[str, str]
    seconds: float = 0.0
    iterations: int = 0


class Failed(Recorded):
    """A step that was made from these inputs failed by itself, and why."""

    kind: ClassVar[str] = "failed"

    cause: str
    inputs: dict[str, str]


class Pending(Recorded):
    """A step has been done and has to be done again, and why."""

    kind: ClassVar[str] = "pending"

    why: str
