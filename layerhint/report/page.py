"""The page: one HTML file that needs nothing else, neither network nor script."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from layerhint.report.facts import Facts
from layerhint.report.figures import Figure, figures_of
from layerhint.report.grid import Grid, grid_of
from layerhint.report.lineage import Lineage, lineage_of
from layerhint.report.numbers import ABSENT
from layerhint.report.table import Table
from layerhint.report.view import View

HERE = Path(__file__).parent
PAPER = (
    "J.-H. Bae, J. Yim, N.-S. Kim, C.-S. Pyo, J. Kim: Layer-wise hint-based training for knowledge transfer in a "
    "teacher-student framework"
)


@dataclass(frozen=True)
class Section:
    """What the page shows of one experiment. `qualifier` is what its heading adds to its title."""

    name: str
    title: str
    qualifier: str
    table: Table
    grid: Grid
    facts: Facts
    lineage: Lineage
    figures: tuple[Figure, ...]


def page_of(views: Sequence[View], records: str | None) -> str:
    """The page of a run's experiments; `records` is how it reaches their folder, None if it cannot."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["symbol"] = symbol
    environment.filters["anchor"] = anchor
    environment.filters["unbroken"] = unbroken
    sections = [_section(view) for view in views]
    page = environment.get_template("page.html.j2").render(
        sections=sections,
        records=records,
        paper=PAPER,
        absent=ABSENT,
        style=Markup((HERE / "style.css").read_text(encoding="utf-8")),
        markup=Markup,
    )
    return page.strip() + "\n"


def symbol(text: str) -> Markup:
    """P_c and P_e with their subscript."""
    kind, _, rest = text.partition("_")
    return Markup("{}<sub>{}</sub>").format(kind, rest) if rest else Markup("{}").format(kind)


def unbroken(text: str) -> str:
    """With hyphens that do not break after a number: 26-layer."""
    return re.sub(r"(?<=\d)-(?=[a-z])", "\N{NON-BREAKING HYPHEN}", text)


def anchor(section: str, training: str) -> str:
    """The id of a training's line in the page."""
    return f"{section}--{training.replace('/', '--')}"


def _section(view: View) -> Section:
    experiment = view.experiment
    heading = experiment.heading
    own = heading.startswith(experiment.title)
    return Section(
        name=experiment.name,
        title=experiment.title if own else heading,
        qualifier=heading.removeprefix(experiment.title).strip().removeprefix("(").removesuffix(")") if own else "",
        table=view.table,
        grid=grid_of(view.table),
        facts=view.facts,
        lineage=lineage_of(view),
        figures=figures_of(view),
    )
