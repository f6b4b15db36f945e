"""A run on the terminal."""

from collections.abc import Iterator

from rich import box
from rich.console import RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from benchmarks.measured import Measured
from benchmarks.report.conditions import sentences
from benchmarks.report.table import Table
from benchmarks.report.tables import tables


def renderables(measured: Measured) -> Iterator[RenderableType]:
    """The whole of a run."""
    for sentence in sentences(measured):
        yield Text(sentence)
    for table in tables(measured):
        yield Text(f"\n{table.title}", style="bold")
        yield _table(table)
        for note in table.notes:
            yield Text(note, style="dim")


def _table(table: Table) -> RichTable:
    rich_table = RichTable(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for i, name in enumerate(table.head):
        rich_table.add_column(name, justify="left" if i < table.words else "right")
    for row in table.rows:
        rich_table.add_row(*map(Text, row))
    return rich_table
