"""All figures of an experiment."""

from dataclasses import dataclass

from layerhint.report.content.view import View
from layerhint.report.figures.bars_figure import bars_figure
from layerhint.report.figures.figure import Figure
from layerhint.report.figures.losses_figure import COMPARED, losses_figure
from layerhint.report.figures.nets_figure import nets_figure
from layerhint.report.figures.stage1_figure import stage1_figure
from layerhint.report.figures.stage2_figure import stage2_figure


@dataclass(frozen=True)
class Illustrated:
    """An experiment with its figures; `nets` is None where no nets are recorded."""

    view: View
    figures: tuple[Figure, ...]
    nets: Figure | None

    @property
    def all_figures(self) -> tuple[Figure, ...]:
        """Those of what was measured, then the nets."""
        return (*self.figures, *([self.nets] if self.nets else []))


def illustrate(view: View) -> Illustrated:
    """Draws all that an experiment's records have the numbers for."""
    return Illustrated(view, figures_of(view), nets_figure(view.experiment))


def figures_of(view: View) -> tuple[Figure, ...]:
    """All that an experiment's records have the numbers for; the one that the paper shows comes first."""
    made = (bars_figure(view), stage2_figure(view), _compared(view), stage1_figure(view))
    return tuple(sorted((figure for figure in made if figure is not None), key=lambda figure: not figure.main))


def _compared(view: View) -> Figure | None:
    """The normalised losses, where losses trained at once are compared with losses trained one after another."""
    methods = {row.method for row in view.experiment.methods}
    return losses_figure(view) if methods >= set(COMPARED) else None
