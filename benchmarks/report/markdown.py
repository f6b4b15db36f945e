"""A run as a Markdown document."""

from collections.abc import Iterator, Sequence

from benchmarks.measured import Measured
from benchmarks.report.conditions import sentences
from benchmarks.report.table import Table
from benchmarks.report.tables import tables


def document(measured: Measured, command: str) -> str:
    """The whole of a run; `command` is what measured it."""
    lines = [f"# Speed: {measured.conditions.gpu or measured.conditions.machine}", "", f"Made by `{command}`.", ""]
    for sentence in sentences(measured):
        lines += [sentence, ""]
    for table in tables(measured):
        lines += [*_table(table), ""]
    return "\n".join(lines).rstrip() + "\n"


def _table(table: Table) -> Iterator[str]:
    yield f"## {table.title}"
    yield ""
    yield _line(table.head)
    yield _line(["---"] * table.words + ["---:"] * (len(table.head) - table.words))
    for row in table.rows:
        yield _line(row)
    for note in table.notes:
        yield ""
        yield note


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
