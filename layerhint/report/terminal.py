"""The table in the terminal."""

from collections.abc import Iterator

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Table as RichTable
from rich.text import Text

from layerhint.report.grid import Column, Field, Grid, grid_of
from layerhint.report.numbers import MINUS
from layerhint.report.view import View

WIDE = 1000


class TerminalTable:
    """An experiment's table, as many of its columns as the terminal is wide enough for, and the facts below it.

    The paper's single nets are the first to go, then the measured ones; means and averages always stay.
    """

    def __init__(self, view: View) -> None:
        self.view = view

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(self.view.experiment.heading, style="bold")
        yield self._fitting(console, options)
        for line in self._lines():
            yield Text(line)

    def _fitting(self, console: Console, options: ConsoleOptions) -> RichTable:
        whole = grid_of(self.view.table)
        fewer = whole.without("paper_net")
        for grid in (whole, fewer):
            built = self._build(grid)
            if Measurement.get(console, options.update(max_width=WIDE), built).maximum <= options.max_width:
                return built
        return self._build(fewer.without("net"))

    def _build(self, grid: Grid) -> RichTable:
        built = RichTable(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
        built.add_column(f"{self.view.table.symbol} (%)", no_wrap=True)
        for column in grid.columns:
            built.add_column(_head(column), justify="right", no_wrap=True)
        for line in grid.lines:
            built.add_row(line.row.label, *map(_shown, line.fields), end_section=line.row.role == "student")
        return built

    def _lines(self) -> Iterator[str]:
        facts = dict(self.view.facts.items)
        yield f"{self.view.table.symbol}: {self.view.table.meaning}, last test. Best: mean of each net's best test."
        yield f"{facts['Engine']}; {facts['Device']}; {facts['Precision']}; {facts['Training time']} of training."
        yield self.view.facts.proof.text
        yield from self.view.facts.notes


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
