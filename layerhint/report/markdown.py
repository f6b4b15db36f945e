"""The table as Markdown."""

from collections.abc import Iterable, Iterator

from layerhint.report.grid import Column, Field, grid_of
from layerhint.report.lineage import lineage_of
from layerhint.report.view import View


def markdown_of(view: View) -> str:
    """A document of its own: the table measured beside the paper, the facts, the list of records."""
    return "\n".join([*_table(view), *_facts(view), *_lineage(view)]) + "\n"


def _table(view: View) -> Iterator[str]:
    table, grid = view.table, grid_of(view.table)
    yield f"# {view.experiment.heading}"
    yield ""
    yield f"{table.explanation} Best: the mean of each net's best test."
    yield ""
    yield _line(["Method", *map(_head, grid.columns)])
    yield _line(["---", *["---:"] * len(grid.columns)])
    for line in grid.lines:
        yield _line([line.row.label, *map(_shown, line.fields)])
    yield ""


def _facts(view: View) -> Iterator[str]:
    for note in view.facts.notes:
        yield f"**Note.** {note}"
        yield ""
    yield f"**Frozen teacher.** {view.facts.proof.text}"
    yield ""
    for label, value in view.facts.items:
        yield f"- {label}: {value}"
    yield ""


def _lineage(view: View) -> Iterator[str]:
    lineage = lineage_of(view)
    yield "## Records"
    yield ""
    yield _line(lineage.columns)
    yield _line(["---" if name in lineage.texts else "---:" for name in lineage.columns])
    for entry in lineage.entries:
        yield _line(entry.values)


def _head(column: Column) -> str:
    return f"Paper: {column.label.lower()}" if column.group == "paper" else column.label


def _shown(field: Field) -> str:
    return f"**{field.text}**" if field.leads else field.text


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
