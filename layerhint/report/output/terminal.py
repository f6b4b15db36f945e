"""The table in the terminal."""

from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from layerhint.report.content.grid import Column, Field, Grid, grid_of
from layerhint.report.content.variant_table import VariantCell, VariantTable, mean_text
from layerhint.report.content.verdicts import row_name
from layerhint.report.content.view import View
from layerhint.report.numbers import ABSENT, MINUS, signed
from layerhint.tables import ruled_table

WIDE = 1000
DROPPED = (("paper_net",), ("net",), ("low", "high"), ("spread",))


class TerminalTable:
    """An experiment's table, as many of its columns as the terminal is wide enough for, and the facts below it.

    The paper's single nets are the first to go, then the measured ones, the intervals, the spread; means, averages and
    differences always stay.
    """

    def __init__(self, view: View) -> None:
        self.view = view

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(self.view.experiment.heading, style="bold")
        if self.view.table.rows:
            yield self._fitting(console, options)
        for line in self._lines():
            yield Text(line)
        yield from (Text(line) for line in self._verdicts())
        if self.view.variants:
            yield from ("", _variant_table(self.view.variants, self.view.table.decimals))

    def _fitting(self, console: Console, options: ConsoleOptions) -> Table:
        grid = grid_of(self.view.table)
        built = self._build(grid)
        for dropped in DROPPED:
            if Measurement.get(console, options.update(max_width=WIDE), built).maximum <= options.max_width:
                break
            grid = grid.without(dropped)
            built = self._build(grid)
        return built

    def _build(self, grid: Grid) -> Table:
        built = ruled_table(f"{self.view.table.symbol} (%)")
        for column in grid.columns:
            built.add_column(_head(column), justify="right", no_wrap=True)
        ends = {"student", *(row.key for row in self.view.table.methods[-1:] if self.view.table.against)}
        for line in grid.lines:
            built.add_row(line.row.label, *map(_shown, line.fields), end_section=line.row.key in ends)
        return built

    def _lines(self) -> Iterator[str]:
        facts = dict(self.view.facts.items)
        table = self.view.table
        other = "Best: mean of each net's best test" if table.taken == "last" else "Last: mean of each net's last test"
        yield f"{table.symbol}: {table.meaning}, {table.taken} test. {other}."
        yield f"{facts['Engine']}; {facts['Device']}; {facts['Precision']}; {facts['Training time']} of training."
        yield self.view.facts.proof.text
        yield from self.view.facts.notes

    def _verdicts(self) -> Iterator[str]:
        for kind, judgements in (("Claim", self.view.claims), ("Comparison", self.view.comparisons)):
            for judgement in judgements:
                ordering = f"{row_name(judgement.better)} > {row_name(judgement.worse)}"
                by = f", by {judgement.margin.value:+.{self.view.table.decimals}f} points" if judgement.margin else ""
                yield f"{kind}: {ordering}: {judgement.verdict}{by}."


def _variant_table(table: VariantTable, decimals: int) -> Table:
    """A line for each variant: the mean of each row, and its difference to the base's."""
    built = ruled_table("Variant")
    for row in table.rows:
        built.add_column(row_name(row), justify="right")
    built.add_row("as it stands", *(mean_text(row, decimals) for row in table.rows), end_section=True)
    for line in table.lines:
        built.add_row(line.setting, *(_variant(cell, decimals) for cell in line.cells))
    return built


def _variant(cell: VariantCell, decimals: int) -> str:
    if cell.same or cell.row is None:
        return "same" if cell.same else ABSENT
    change = f" ({signed(cell.change.value, decimals, minus='-')})" if cell.change else ""
    return mean_text(cell.row, decimals) + change


def _head(column: Column) -> str:
    match column.key:
        case "paper_average":
            return "Paper"
        case "difference":
            return "Diff."
        case key if key.startswith("paper_net"):
            return f"Paper {key.removeprefix('paper_net')}"
    return column.label


def _shown(field: Field) -> Text:
    return Text(field.text.replace(MINUS, "-"), style="bold" if field.leads else "")
