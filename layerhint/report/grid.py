"""The table as text: its columns and fields, which each output only has to lay out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from layerhint.report.numbers import papers, percent, signed
from layerhint.report.table import Row, Table


@dataclass(frozen=True)
class Column:
    """A column of numbers; `key` names it for machines, `group` says whose numbers it holds."""

    key: str
    label: str
    group: Literal["measured", "paper", "difference"]


@dataclass(frozen=True)
class Field:
    """A number as it is shown; "" where the row has none, "-" where it is not there yet.

    `training` is the id of the training whose figure it is, `best` that training's best test.
    """

    text: str
    leads: bool = False
    training: str | None = None
    best: str | None = None


@dataclass(frozen=True)
class Line:
    """A row with its fields, in the order of the columns."""

    row: Row
    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Grid:
    """All columns and lines of a table."""

    columns: tuple[Column, ...]
    lines: tuple[Line, ...]

    @property
    def bold(self) -> bool:
        """Whether any field leads its column."""
        return any(field.leads for line in self.lines for field in line.fields)

    def without(self, prefix: str) -> "Grid":
        """The same without the columns whose key begins with `prefix`."""
        kept = [i for i, column in enumerate(self.columns) if not column.key.startswith(prefix)]
        lines = (Line(line.row, tuple(line.fields[i] for i in kept)) for line in self.lines)
        return Grid(tuple(self.columns[i] for i in kept), tuple(lines))


def grid_of(table: Table) -> Grid:
    """Measured columns, then the paper's and the difference if it reports anything."""
    columns = (*_measured_columns(table), *(_paper_columns(table) if table.has_reported else ()))
    return Grid(columns, tuple(_line(row, table) for row in table.rows))


def _line(row: Row, table: Table) -> Line:
    return Line(row, (*_measured(row, table), *(_paper(row, table) if table.has_reported else ())))


def _measured_columns(table: Table) -> Iterator[Column]:
    for n in range(1, table.nets + 1):
        yield Column(f"net{n}", f"Net {n}", "measured")
    yield Column("mean", "Mean", "measured")
    yield Column("best", "Best", "measured")


def _paper_columns(table: Table) -> Iterator[Column]:
    for n in range(1, table.reported_nets + 1):
        yield Column(f"paper_net{n}", f"Net {n}", "paper")
    yield Column("paper_average", "Average", "paper")
    yield Column("difference", "Difference", "difference")


def _measured(row: Row, table: Table) -> Iterator[Field]:
    """A net that stands alone has its figure in the column of the means."""
    alone = row.role != "method"
    cells = [
        Field(percent(cell.last, table.decimals), training=cell.training, best=percent(cell.best, table.decimals))
        for cell in row.cells
    ]
    yield from _padded([] if alone else cells, table.nets)
    yield cells[0] if alone else Field(percent(row.mean, table.decimals), leads=row.leads)
    yield Field(percent(row.best, table.decimals))


def _paper(row: Row, table: Table) -> Iterator[Field]:
    yield from _padded([Field(papers(value)) for value in row.reported.nets], table.reported_nets)
    if row.reported.average is None:
        yield from (Field(""), Field(""))
        return
    yield Field(papers(row.reported.average), leads=row.reported_leads)
    yield Field(signed(row.difference, table.decimals))


def _padded(fields: Sequence[Field], length: int) -> Iterator[Field]:
    yield from fields
    for _ in range(length - len(fields)):
        yield Field("")
