"""The page: one HTML file that needs nothing else, and no network."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from markupsafe import Markup

from layerhint.report.content import explain, lineage
from layerhint.report.content.costs import COLUMNS as COST_COLUMNS
from layerhint.report.content.grid import Grid, grid_of
from layerhint.report.content.lineage import Lineage
from layerhint.report.content.loss_table import LossLine, loss_table
from layerhint.report.content.overview import overview_of
from layerhint.report.content.verdicts import row_name
from layerhint.report.content.view import View
from layerhint.report.figures.colours import PAGE_COLOURS
from layerhint.report.figures.figure import Figure
from layerhint.report.figures.figures import Illustrated
from layerhint.report.figures.method_figure import method_figure
from layerhint.report.numbers import ABSENT, percent, signed, significant
from layerhint.report.reading.results import Results

HERE = Path(__file__).parent
PAPER = (
    "J.-H. Bae, J. Yim, N.-S. Kim, C.-S. Pyo, J. Kim: Layer-wise hint-based training for knowledge transfer in a "
    "teacher-student framework"
)


@dataclass(frozen=True)
class Section:
    """What the page shows of one experiment. `qualifier` is what its heading adds to its title."""

    view: View
    title: str
    qualifier: str
    grid: Grid
    explanations: tuple[str, ...]
    figures: tuple[Figure, ...]
    nets: Figure | None
    losses: tuple[LossLine, ...]

    @property
    def name(self) -> str:
        return self.view.experiment.name


@dataclass(frozen=True)
class Folder:
    """The trainings of one net, or of one pair of nets."""

    name: str
    lineages: tuple[Lineage, ...]


def page_of(results: Results, experiments: Sequence[Illustrated], records: str | None) -> str:
    """The page of a run's experiments; `records` is the link to their records' folder, None if there is none."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    texts = (symbols, anchor, unbroken, percent, signed, significant, row_name, lineage.summary)
    environment.filters |= {text.__name__: text for text in texts}
    sections = [_section(experiment) for experiment in experiments]
    page = environment.get_template("page.html.j2").render(
        sections=sections,
        overview=overview_of([experiment.view for experiment in experiments]),
        method=method_figure(results),
        nets=next((section.nets for section in sections if section.nets), None),
        samples=list(results.samples.values()),
        folders=_folders(lineage.lineages_of(results)),
        titles={experiment.name: experiment.short for experiment in results.experiments},
        records=records,
        paper=PAPER,
        absent=ABSENT,
        cost_columns=COST_COLUMNS,
        explain=explain,
        page_colours=PAGE_COLOURS,
        script=Markup((HERE / "page.js").read_text(encoding="utf-8")),
        markup=Markup,
    )
    return page.strip() + "\n"


def symbols(text: str) -> Markup:
    """P_c, W_G1 and their like with their subscripts."""
    parts = re.split(r"_(\w+)", text)
    return Markup("").join(Markup("<sub>{}</sub>").format(part) if i % 2 else part for i, part in enumerate(parts))


def unbroken(text: str) -> str:
    """With hyphens that do not break at a number (26-layer, ResNet-26) or capital (Hint-KD), nor lists in braces."""
    text = re.sub(r"(?<=\d)-(?=[a-z])|(?<=ResNet)-(?=\d)|(?<=[A-Za-z])-(?=[A-Z])", "\N{NON-BREAKING HYPHEN}", text)
    return re.sub(r"\{[^}]*\}", lambda match: match[0].replace(" ", "\N{NO-BREAK SPACE}"), text)


def anchor(training: str) -> str:
    """The id of a training's entry in the page."""
    return f"training-{re.sub('[^A-Za-z0-9_-]', '-', training.replace('/', '--'))}"


def _section(illustrated: Illustrated) -> Section:
    view = illustrated.view
    experiment = view.experiment
    heading = experiment.heading
    own = heading.startswith(experiment.title)
    return Section(
        view=view,
        title=experiment.title if own else heading,
        qualifier=heading.removeprefix(experiment.title).strip().removeprefix("(").removesuffix(")") if own else "",
        grid=grid_of(view.table),
        explanations=explain.explanations(view),
        figures=illustrated.figures,
        nets=illustrated.nets,
        losses=loss_table(view),
    )


def _folders(lineages: Iterable[Lineage]) -> list[Folder]:
    """By the first two parts of the trainings' ids: data set, net or pair of nets."""

    def name(entry: Lineage) -> str:
        return "/".join(entry.id.split("/")[:2])

    ordered = sorted(lineages, key=name)
    return [Folder(key, tuple(entries)) for key, entries in groupby(ordered, key=name)]
