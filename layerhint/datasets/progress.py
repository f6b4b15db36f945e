"""How long work tells its caller where it stands."""

from typing import Literal, Protocol

Unit = Literal["bytes", "images"]


class ProgressReport(Protocol):
    """Called now and then with the task's name, what is done of the total, and their unit."""

    def __call__(self, task: str, done: int, total: int, unit: Unit, /) -> None: ...


def silent(task: str, done: int, total: int, unit: Unit, /) -> None:
    """The report of a caller who does not want one."""
