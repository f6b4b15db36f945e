"""What a person sees while the driver runs: a line for each step done, a bar for the one that runs."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

if TYPE_CHECKING:  # The data sets bring numpy, which a table on the terminal does without.
    from layerhint.datasets.progress import ProgressReport, Unit


class _Field(ProgressColumn):
    """A column that shows one of the task's fields as it is."""

    def __init__(self, name: str) -> None:
        self.field = name
        super().__init__()

    def render(self, task: Task) -> Text:
        return Text(str(task.fields.get(self.field, "")))


class TrainingBar:
    """The bar of the step that trains: iteration, loss, accuracy, speed, time left for it and for the whole."""

    def __init__(self, progress: Progress, title: str, start: int, end: int) -> None:
        self._progress = progress
        self._task = progress.add_task(title, total=end, completed=start, numbers="starting")

    def update(self, iteration: int, numbers: str) -> None:
        self._progress.update(self._task, completed=iteration, numbers=numbers)


class Display:
    """Writes to a console; on one that is no terminal (a log, CI) it leaves the bars out."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)

    def __reduce__(self) -> tuple[type["Display"], tuple[()]]:
        """Pickles as a new display: another process shows things on its own console."""
        return Display, ()

    def say(self, text: str) -> None:
        self.console.print(text, markup=False, soft_wrap=True)

    @contextmanager
    def training(self, title: str, start: int, end: int) -> Iterator[TrainingBar]:
        """A bar for the time of one training."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(bar_width=20),
            TextColumn("{task.completed}/{task.total}"),
            _Field("numbers"),
        )
        shown = self.console.is_terminal
        with Progress(*columns, console=self.console, transient=True, disable=not shown) as progress:
            yield TrainingBar(progress, title, start, end)

    @contextmanager
    def tasks(self) -> "Iterator[ProgressReport]":
        """A bar for each task of a data set's making; where there are no bars, a line when it begins."""
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            _Field("amount"),
            TimeRemainingColumn(),
        )
        shown = self.console.is_terminal
        known: dict[str, TaskID] = {}
        with Progress(*columns, console=self.console, transient=True, disable=not shown) as bar:

            def report(task: str, done: int, total: int, unit: "Unit", /) -> None:
                if task not in known:
                    known[task] = bar.add_task(task, total=total, amount="")
                    if not shown:
                        self.say(f"  {task}")
                bar.update(known[task], completed=done, total=total, amount=_amount(done, total, unit))

            yield report


def _amount(done: int, total: int, unit: "Unit") -> str:
    if unit == "bytes":
        return f"{done / 1e6:,.1f} of {total / 1e6:,.1f} MB"
    return f"{done:,} of {total:,} images"
