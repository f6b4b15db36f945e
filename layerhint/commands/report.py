"""The report's command line: `python tools/report.py RUN_DIR [--out DIR]`."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from layerhint.files import make_folder
from layerhint.report import terminal_table, write_report
from layerhint.report.reading.archive import FOLDER, copy_records
from layerhint.report.reading.results import read_results


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line."""
    options = _parser().parse_args(arguments)
    _run(Path(options.run), Path(options.out) if options.out else None)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="report.py",
        description="Writes the report of a run from its records, and shows its tables.",
        allow_abbrev=False,
    )
    parser.add_argument("run", metavar="RUN_DIR", help="the folder of a run, with records/ in it")
    parser.add_argument(
        "--out", metavar="DIR", help="where the report goes, with a copy of the records (default: RUN_DIR/report)"
    )
    return parser


def _run(run: Path, out: Path | None) -> None:
    records = run / FOLDER
    results = read_results(records)
    make_folder(out or run / "report", "Choose another place with --out")
    if out is not None:
        records = copy_records(records, out)
    console = Console(highlight=False)
    for experiment in results.experiments:
        console.print(terminal_table(records, experiment.name))
    for path in write_report(records, out or run / "report"):
        console.print(str(path), markup=False, soft_wrap=True)
