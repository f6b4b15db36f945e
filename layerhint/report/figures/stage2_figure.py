"""Test figure and test loss over Stage 2, as the paper's Figure 4 has them."""

from collections.abc import Iterator
from dataclasses import dataclass

from layerhint.report.content.curves import Stage2Curves, stage2_curves
from layerhint.report.content.view import View
from layerhint.report.figures.arrangement import CURVE_CASES
from layerhint.report.figures.axes import DASHED, iterations, upright, xy
from layerhint.report.figures.colours import INK, METHOD_COLOURS, method_colour
from layerhint.report.figures.figure import Figure, Key, Panel
from layerhint.report.figures.hover import HoverLine, HoverText, hover_json
from layerhint.report.figures.svg import drawing, frame_of, svg_of
from layerhint.report.numbers import percent

WIDTH, HEIGHT = 340.0, 232.0
CLOSE_UP_TESTS = 4
LOSS_DECIMALS = 4


@dataclass(frozen=True)
class _Quantity:
    name: str
    title: str
    axis: str
    unit: str
    decimals: int


def stage2_figure(view: View) -> Figure | None:
    """A panel each for the figure and the loss, and a close-up of each after the last drop of the rate; None where no
    net was tested more than once."""
    drawn = [(quantity, curves) for quantity in _quantities(view) if (curves := stage2_curves(view, quantity.name))]
    if not drawn:
        return None
    whole = [_panel(view, quantity, quantity.title, curves) for quantity, curves in drawn]
    close = [
        _panel(view, quantity, f"{quantity.title}, after the last drop of the rate", rest)
        for quantity, curves in drawn
        if (rest := curves.since_last_drop(CLOSE_UP_TESTS)) is not None
    ]
    return Figure(
        id=f"{view.experiment.name}-stage2",
        title=f"{_quantities(view)[0].title} and test loss over Stage 2",
        caption="Thick: mean over a method's nets. Thin: each net. Dotted upright lines: the learning rate drops."
        + _level_caption(view),
        least="26rem",
        keys=tuple(_keys(view, drawn[0][1])),
        panels=(*whole, *close),
        main=view.experiment.shows == "curves",
    )


def _quantities(view: View) -> tuple[_Quantity, _Quantity]:
    name = "error" if view.experiment.is_error else "accuracy"
    return (
        _Quantity("score", f"Test {name}", f"test {name} (%)", " %", view.table.decimals),
        _Quantity("loss", "Test loss", "test loss, cross-entropy (nats)", "", LOSS_DECIMALS),
    )


def _level_caption(view: View) -> str:
    student = view.table.row("student")
    if student is None or student.mean is None:
        return ""
    figure = student.cells[0].last
    return f" Dashed: the plain student at its last test ({percent(figure, view.table.decimals)} %, and its loss)."


def _keys(view: View, curves: Stage2Curves) -> Iterator[Key]:
    """With the paper's case numbers, where it has them: of the loss, then of the accuracy."""
    cases = CURVE_CASES.get(view.experiment.base_name, {})
    for method in curves.methods:
        case = f" ({cases[method.method]})" if method.method in cases else ""
        yield Key("line", method_colour(method.method), method.title + case)
    if curves.level is not None:
        yield Key("level", "ink", "Plain student" + (f" ({cases['student']})" if "student" in cases else ""))


def _panel(view: View, quantity: _Quantity, title: str, curves: Stage2Curves) -> Panel:
    with drawing(WIDTH, HEIGHT, f"{view.experiment.name} {title}") as (figure, axes):
        for method in curves.methods:
            colour = METHOD_COLOURS.get(method.method, INK)
            for net in method.nets:
                axes.plot(*xy(net.series), color=colour, linewidth=0.7, alpha=0.5)
            axes.plot(*xy(method.mean), color=colour, linewidth=1.7)
        if curves.level is not None:
            axes.axhline(curves.level, color=INK, linewidth=1.1, linestyle=DASHED)
        upright(axes, curves.drops)
        axes.set_ylabel(quantity.axis)
        iterations(axes, curves.start, curves.end, "iteration of Stage 2")
        svg = svg_of(figure, f"{title} over Stage 2, by method")
        lines = [
            HoverLine(m.title, method_colour(m.method), m.mean, tuple(net.series for net in m.nets))
            for m in curves.methods
        ]
        text = HoverText("iteration", quantity.unit, quantity.decimals)
        return Panel(title, svg, hover_json(frame_of(figure, axes), text, lines))
