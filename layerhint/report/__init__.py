"""The report: tables, figures and a page, from nothing but the records that a run left.

`terminal_table` and `write_report` are its two ends. Both load what they need when called, so that the driver
starts without waiting for matplotlib.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType


def terminal_table(records: Path, experiment: str) -> "RenderableType":
    """An experiment's table for the terminal, from a run's `records` folder. Does not load matplotlib.

    Raises LayerhintError where the folder holds no record of that experiment, or a damaged one.
    """
    from layerhint.report.content.view import view_of
    from layerhint.report.output.terminal import TerminalTable
    from layerhint.report.reading.results import read_results

    results = read_results(records)
    return TerminalTable(view_of(results, results.experiment(experiment)))


def write_report(records: Path, out: Path) -> list[Path]:
    """Writes `index.html`, and for each experiment Markdown, CSV files and its figures as SVG files, into `out`.

    Returns the files in that order. The same records always give the same bytes.
    Raises LayerhintError where the folder holds no experiment's record, a damaged one, or `out` cannot be written.
    """
    from layerhint.report.output.write import write_all

    return write_all(records, out)
