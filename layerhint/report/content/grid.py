"""The table as text: its columns and fields, which each output only has to lay out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from layerhint.report.content.table import Cell, Row, Table
from layerhint.report.numbers import papers, percent, signed


@dataclass(frozen=True)
class Column:
    """A column of numbers; `key` names it for machines, `group` says whose numbers it holds."""

    key: str
    label: str
    group: Literal["measured", "paper", "difference"]


@dataclass(frozen=True)
class Field:
    """A number as it is shown; "" where the row has none, "-" where it is not there yet.

    `training` is the id of the training whose figure it is, `other` the figure of it that is not compared.
    """

    text: str
    leads: bool = False
    training: str | None = None
    other: str | None = None


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

    def without(self, prefixes: tuple[str, ...]) -> "Grid":
        """The same without the columns whose key begins with one of `prefixes`."""
        kept = [i for i, column in enumerate(self.columns) if not column.key.startswith(prefixes)]
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
    if table.nets:
        yield Column("spread", "Spread", "measured")
    if table.has_averaged:
        yield Column("averaged", "Together", "measured")
    other = "best" if table.taken == "last" else "last"
    yield Column(other, other.capitalize(), "measured")


def _paper_columns(table: Table) -> Iterator[Column]:
    for n in range(1, table.reported_nets + 1):
        yield Column(f"paper_net{n}", f"Net {n}", "paper")
    yield Column("paper_average", "Average", "paper")
    yield Column("difference", "Difference", "difference")
    if table.has_intervals:
        yield Column("low", "from", "difference")
        yield Column("high", "to", "difference")


def _measured(row: Row, table: Table) -> Iterator[Field]:
    """A net that stands alone has its figure in the column of the means, and no spread."""
    cells = [_cell(cell, table) for cell in row.cells]
    yield from _padded([] if row.alone else cells, table.nets)
    mean = row.nets.mean if row.nets else None
    yield cells[0] if row.alone else Field(percent(mean, table.decimals), leads=row.leads and not row.is_ensemble)
    if table.nets:
        spread = row.nets.spread if row.nets else None
        yield Field("" if spread is None else percent(spread, table.decimals))
    if table.has_averaged:
        shown = "" if row.averaged is None else percent(row.averaged, table.decimals)
        yield Field(shown, leads=row.leads and row.is_ensemble)
    yield Field(percent(row.other, table.decimals))


def _cell(cell: Cell, table: Table) -> Field:
    other = cell.best if table.taken == "last" else cell.last
    return Field(
        percent(cell.figure(table.taken), table.decimals),
        training=cell.training,
        other=percent(other, table.decimals),
    )


def _paper(row: Row, table: Table) -> Iterator[Field]:
    yield from _padded([Field(papers(value)) for value in row.reported.nets], table.reported_nets)
    printed = row.reported.average is not None
    yield Field(papers(row.reported.average), leads=row.reported_leads) if row.reported.average else Field("")
    found = row.difference
    yield Field(signed(found.value if found else None, table.decimals)) if printed else Field("")
    if table.has_intervals:
        ends = (found.low, found.high) if found else (None, None)
        yield from (Field("" if end is None else signed(end, table.decimals)) for end in ends)


def _padded(fields: Sequence[Field], length: int) -> Iterator[Field]:
    yield from fields
    for _ in range(length - len(fields)):
        yield Field("")
