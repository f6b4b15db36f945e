"""Figure 9: the hint losses of two methods in one drawing, each normalised; dashed where all train at once."""

from collections.abc import Iterator, Sequence
from typing import cast

from layerhint.report.content.hint_curves import HintCurves, HintStep, Normalisation, hint_curves, whose
from layerhint.report.content.view import View
from layerhint.report.figures.axes import DASHED, iterations, logarithmic, xy
from layerhint.report.figures.colours import INK, PAIR_COLOURS, pair_colour
from layerhint.report.figures.figure import Figure, Key, Panel
from layerhint.report.figures.hover import HoverLine, HoverText, hover_json
from layerhint.report.figures.stage1_figure import smooth, window
from layerhint.report.figures.svg import drawing, frame_of, svg_of

WIDTH, HEIGHT = 380.0, 250.0
COMPARED = ("concurrent", "proposed")
"""Methods with the same pairs. Hint-KD's lone pair is none of them."""
MEANING: dict[Normalisation, str] = {
    "first_iteration": "divided by its value at the first iteration of its step, so in units of its own",
    "elements": "divided by the number of elements of its blobs",
}


def losses_figure(view: View) -> Figure | None:
    """The losses of the compared methods in one drawing, normalised as the switch `normalisation` says; None if the
    records lack what it takes."""
    reading = cast(Normalisation, view.experiment.reading("normalisation", "first_iteration"))
    compared = (method for method in hint_curves(view) if method.method in COMPARED)
    methods = [normalised for method in compared if (normalised := method.normalised(reading)) is not None]
    if not methods:
        return None
    smoothed = any(window(step.losses) for method in methods for step in method.steps)
    return Figure(
        id=f"{view.experiment.name}-losses",
        title="Normalised hint losses over Stage 1",
        caption=f"Each loss is {MEANING[reading]}; logarithmic."
        + (" Lines are running means." if smoothed else "")
        + " Concurrent hints train all three losses at once, the proposed method one after the other. The other "
        f"normalisation is in {view.experiment.name}-curves.csv.{whose(view)}",
        least="30rem",
        keys=tuple(_keys(methods)),
        panels=(_panel(view, methods, reading),),
        main=view.experiment.shows == "hint_losses",
    )


def _keys(methods: Sequence[HintCurves]) -> Iterator[Key]:
    numbers = sorted({_number(step) for method in methods for step in method.steps})
    yield from (Key("bar", pair_colour(number), f"Loss {number}") for number in numbers)
    yield from (Key("dashed" if method.together else "line", "ink", method.title) for method in methods)


def _number(step: HintStep) -> int:
    return step.number or 1


def _panel(view: View, methods: Sequence[HintCurves], reading: Normalisation) -> Panel:
    steps = [(method, step) for method in methods for step in method.steps]
    values = [y for _, step in steps for _, y in smooth(step.losses)]
    title = "Loss, relative to its first value" if reading == "first_iteration" else "Loss per element"
    with drawing(WIDTH, HEIGHT, f"{view.experiment.name} losses") as (figure, axes):
        logarithmic(axes, min(values), max(values))
        for method, step in steps:
            style = DASHED if method.together else "-"
            colour = PAIR_COLOURS.get(_number(step), INK)
            axes.plot(*xy(smooth(step.losses)), color=colour, linewidth=1.7, linestyle=style)
        axes.set_ylabel("normalised hint loss")
        iterations(axes, 0, max(method.end for method in methods), "iteration of Stage 1")
        svg = svg_of(figure, "Normalised hint losses over Stage 1, by pair and method")
        lines = [
            HoverLine(f"Loss {_number(step)}, {method.title}", pair_colour(_number(step)), smooth(step.losses))
            for method, step in steps
        ]
        return Panel(title, svg, hover_json(frame_of(figure, axes), HoverText("iteration", "", None), lines))
