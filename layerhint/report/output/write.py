"""Writes the report's files: each beside its name first, then renamed."""

from collections.abc import Mapping
from pathlib import Path

from layerhint.files import write_text
from layerhint.report.content.lineage import lineages_of
from layerhint.report.content.overview import overview_of
from layerhint.report.content.view import view_of
from layerhint.report.figures.figures import illustrate
from layerhint.report.figures.standalone import standalone_svg
from layerhint.report.output.csv_table import csv_files, lineage_csv
from layerhint.report.output.markdown import markdown_of, overview_markdown
from layerhint.report.output.page import page_of
from layerhint.report.reading.results import Results, read_results


def write_all(records: Path, out: Path) -> list[Path]:
    """See `layerhint.report.write_report`."""
    results = read_results(records)
    return [_write(out / name, text) for name, text in _texts(results, _link(records, out)).items()]


def _texts(results: Results, records: str | None) -> Mapping[str, str]:
    """The report's files by name, the page first."""
    views = [view_of(results, experiment) for experiment in results.bases]
    experiments = [illustrate(view) for view in views]
    lineages = lineages_of(results)
    texts = {"index.html": page_of(results, experiments, records)}
    if len(views) > 1:
        texts["overview.md"] = overview_markdown(overview_of(views))
    for experiment in experiments:
        texts[f"{experiment.view.experiment.name}.md"] = markdown_of(experiment, lineages)
        texts |= csv_files(experiment.view)
        texts |= {f"{figure.id}.svg": standalone_svg(figure) for figure in experiment.all_figures}
    return texts | {"lineage.csv": lineage_csv(lineages)}


def _link(records: Path, out: Path) -> str | None:
    """How the page reaches the records, if they lie in its folder or beside it: only then do they move together."""
    place, here = records.resolve(), out.resolve()
    if place.parent == here:
        return place.name
    return f"../{place.name}" if place.parent == here.parent else None


def _write(path: Path, text: str) -> Path:
    write_text(path, text)
    return path
