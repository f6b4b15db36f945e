"""An experiment with other settings: a line for each variant, beside its base."""

from collections.abc import Sequence
from dataclasses import dataclass

from layerhint.report.content.table import Row, Table
from layerhint.report.numbers import percent
from layerhint.report.statistics.intervals import Difference, difference


@dataclass(frozen=True)
class VariantCell:
    """A row of a variant beside the base's: None where it has none or nothing of it has finished.

    `same` says that the variant does not change the row: its nets are the base's own. `change` has no interval until
    all nets of both have finished.
    """

    row: Row | None
    change: Difference | None
    same: bool


@dataclass(frozen=True)
class VariantLine:
    """A variant by its setting, such as `lambda=4`, with a cell for each row of the base."""

    name: str
    setting: str
    cells: tuple[VariantCell, ...]


@dataclass(frozen=True)
class VariantTable:
    """The base's rows, and a line for each variant."""

    rows: tuple[Row, ...]
    lines: tuple[VariantLine, ...]


def make_variant_table(base: Table, variants: Sequence[tuple[str, str, Table]]) -> VariantTable | None:
    """`variants` are names, settings and tables; None without any."""
    if not variants:
        return None
    rows = tuple(row for row in base.rows if row.role != "against")
    lines = (
        VariantLine(name, setting, tuple(_cell(row, table.row(row.key)) for row in rows))
        for name, setting, table in variants
    )
    return VariantTable(rows, tuple(lines))


def mean_text(row: Row, decimals: int) -> str:
    """`91.70`; `91.70, 1 of 3 nets` where not all have finished."""
    return percent(row.mean, decimals) + (f", {row.so_far}" if row.so_far else "")


def _cell(base: Row, row: Row | None) -> VariantCell:
    if row is None or row.sample is None:
        return VariantCell(None, None, False)
    if [cell.training for cell in row.cells] == [cell.training for cell in base.cells]:
        return VariantCell(row, None, True)
    return VariantCell(row, difference(row.sample, base.sample) if base.sample else None, False)
