"""The results of an export, as tables and lines for the terminal."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from rich.table import Table

from layerhint.export.check import Agreement, Checked
from layerhint.tables import ruled_table
from layerhint.wording import kilobytes, milliseconds, plural

Times = Mapping[tuple[int, int], Sequence[float]]
"""Milliseconds of each run, by batch size and threads."""


@dataclass(frozen=True)
class Measured:
    """A way to run the net: its name, the bytes of a file with this net alone, times, right predictions if known."""

    name: str
    file_size: int
    times: Times
    correct: int | None


def comparison(columns: Sequence[Measured], images: int, name: str) -> Table:
    """A column for each way to run the net: accuracy, latencies, size."""
    table = ruled_table("")
    for column in columns:
        table.add_column(column.name, justify="right")
    if all(column.correct is not None for column in columns):
        table.add_row(f"Accuracy on {images:,} {name}", *(f"{(c.correct or 0) / images:.2%}" for c in columns))
    for batch, threads in columns[0].times:
        images_word, threads_word = plural(batch, "image"), plural(threads, "thread")
        table.add_row(
            f"{images_word}, {threads_word}", *(milliseconds(median(c.times[batch, threads])) for c in columns)
        )
    table.add_row("File of this net", *(kilobytes(column.file_size) for column in columns))
    return table


def agreement_line(name: str, agreement: Agreement, checked: Checked, scores: str) -> str:
    """How close the scores are to an engine's, in one line."""
    return (
        f"Scores '{scores}' on {checked.images:,} {checked.name}: at most {agreement.largest:.1e} from {name}'s, "
        f"{agreement.relative:.1e} in relative norm; {agreement.same:,} of {checked.images:,} predictions are the same."
    )
