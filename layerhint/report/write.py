"""Writes the report's files: each beside its name first, then renamed."""

from pathlib import Path

from layerhint.errors import LayerhintError
from layerhint.report.csv_table import csv_of
from layerhint.report.markdown import markdown_of
from layerhint.report.page import page_of
from layerhint.report.results import read_results
from layerhint.report.view import view_of


def write_all(records: Path, out: Path) -> list[Path]:
    """See `layerhint.report.write_report`."""
    results = read_results(records)
    views = [view_of(results, experiment) for experiment in results.experiments]
    texts = {"index.html": page_of(views, _link(records, out))}
    for view in views:
        texts[f"{view.experiment.name}.md"] = markdown_of(view)
        texts[f"{view.experiment.name}.csv"] = csv_of(view)
    return [_write(out / name, text) for name, text in texts.items()]


def _link(records: Path, out: Path) -> str | None:
    """How the page reaches the records, if they lie in its folder or beside it: only then do they move together."""
    place, here = records.resolve(), out.resolve()
    if place.parent == here:
        return place.name
    return f"../{place.name}" if place.parent == here.parent else None


def _write(path: Path, text: str) -> Path:
    beside = path.with_name(path.name + ".tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8", newline="\n")
        beside.replace(path)
    except OSError as error:
        raise LayerhintError(f"cannot write {path}: {error.strerror}. Name another folder for the report") from None
    return path
