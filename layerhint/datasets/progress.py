"""How long-running work reports its progress to its caller."""

from typing import Literal, Protocol

Unit = Literal["bytes", "images"]


class ProgressReport(Protocol):
    """Called now and then with the task's name, the amount done, the total, and their unit."""

    def __call__(self, task: str, done: int, total: int, unit: Unit, /) -> None: ...


def silent(task: str, done: int, total: int, unit: Unit, /) -> None:
    """A progress report that shows nothing."""
