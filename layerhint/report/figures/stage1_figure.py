"""Each method's hint losses over Stage 1, as they were logged."""

from collections.abc import Sequence

from layerhint.report.content.curves import Series
from layerhint.report.content.hint_curves import HintCurves, hint_curves, running_mean, whose
from layerhint.report.content.view import View
from layerhint.report.figures.axes import iterations, logarithmic, upright, xy
from layerhint.report.figures.colours import INK, METHOD_COLOURS, method_colour
from layerhint.report.figures.figure import Figure, Panel
from layerhint.report.figures.hover import HoverLine, HoverText, hover_json
from layerhint.report.figures.svg import drawing, frame_of, svg_of

NARROW, LOW = 252.0, 196.0
SMOOTHED_POINTS = 40


def stage1_figure(view: View) -> Figure | None:
    """A panel for each method with hints; None where no Stage 1 was logged."""
    methods = hint_curves(view)
    if not methods:
        return None
    smoothed = any(window(step.losses) for method in methods for step in method.steps)
    return Figure(
        id=f"{view.experiment.name}-stage1",
        title="Hint losses over Stage 1",
        caption="Half the squared distance between the guided and the hint blob, a mean over the batch; logarithmic. "
        "Blobs of different layers differ in size: compare a step with itself, not with another."
        + (" Thick: running mean; thin: the logged batches." if smoothed else "")
        + whose(view),
        least="19rem",
        keys=(),
        panels=tuple(_panel(view, method, methods) for method in methods),
    )


def window(losses: Series) -> int:
    """The width of the running mean, a twentieth of the points; 0 where there are too few to smooth."""
    return 0 if len(losses) < SMOOTHED_POINTS else max(3, len(losses) // 20)


def smooth(losses: Series) -> Series:
    """The running mean, or the losses themselves where there are too few."""
    width = window(losses)
    return running_mean(losses, width) if width else losses


def _panel(view: View, curves: HintCurves, everything: Sequence[HintCurves]) -> Panel:
    colour = METHOD_COLOURS.get(curves.method, INK)
    losses = [y for method in everything for step in method.steps for _, y in step.losses]
    with drawing(NARROW, LOW, f"{view.experiment.name} hint {curves.method}") as (figure, axes):
        logarithmic(axes, min(losses), max(losses))
        for step in curves.steps:
            if window(step.losses):
                axes.plot(*xy(step.losses), color=colour, linewidth=0.6, alpha=0.45)
            line = smooth(step.losses)
            axes.plot(*xy(line), color=colour, linewidth=1.7)
            if curves.together:
                axes.annotate(step.name, line[-1], (4, 0), textcoords="offset points", va="center", color=INK)
            else:
                middle = ((step.start + step.end) / 2, 1.02)
                axes.annotate(step.name, middle, xycoords=axes.get_xaxis_transform(), ha="center", color=INK)
        upright(axes, sorted({step.start for step in curves.steps} - {0}))
        axes.set_ylabel("hint loss")
        iterations(axes, 0, curves.end, "iteration of Stage 1")
        svg = svg_of(figure, f"Hint loss over Stage 1: {curves.title}")
        lines = [HoverLine(step.name or "Loss", method_colour(curves.method), step.losses) for step in curves.steps]
        return Panel(curves.title, svg, hover_json(frame_of(figure, axes), HoverText("iteration", "", None), lines))
