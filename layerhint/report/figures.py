"""The figures of an experiment, as the paper's Figure 4 has them, and the hint losses of Stage 1."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from layerhint.report.axes import DASHED, iterations, logarithmic, upright, xy
from layerhint.report.curves import HintCurves, Series, Stage2Curves, hint_curves, running_mean, stage2_curves
from layerhint.report.numbers import percent
from layerhint.report.svg import INK, METHOD_COLOURS, drawing, svg_of
from layerhint.report.view import View

WIDTH, HEIGHT = 340.0, 232.0
NARROW, LOW = 252.0, 196.0
CLOSE_UP_TESTS = 4
SMOOTHED_POINTS = 40


@dataclass(frozen=True)
class Key:
    """An entry of a legend: a method's line, or the plain student's level (`method` "")."""

    method: str
    title: str


@dataclass(frozen=True)
class Panel:
    """One drawing and what stands above it."""

    title: str
    svg: str


@dataclass(frozen=True)
class Figure:
    """Some panels with one caption and one legend; `least` is how wide a panel is at least, in CSS units."""

    id: str
    title: str
    caption: str
    least: str
    keys: tuple[Key, ...]
    panels: tuple[Panel, ...]


def figures_of(view: View) -> tuple[Figure, ...]:
    """All figures that an experiment's records have the numbers for."""
    return (*_stage2(view), *_stage1(view))


# Stage 2.


def _stage2(view: View) -> Iterator[Figure]:
    name = "error" if view.experiment.measure == "error" else "accuracy"
    quantities = [
        (f"Test {name}", f"test {name} (%)", stage2_curves(view, "score")),
        ("Test loss", "test loss, cross-entropy (nats)", stage2_curves(view, "loss")),
    ]
    panels: list[Panel] = []
    keys: dict[Key, None] = {}
    for title, axis, curves in quantities:
        if curves is None:
            continue
        keys |= {Key(m.method, m.title): None for m in curves.methods}
        panels.append(_test_panel(view, title, axis, curves))
        close = curves.since_last_drop(CLOSE_UP_TESTS)
        if close is not None:
            panels.append(_test_panel(view, f"{title}, after the last drop of the rate", axis, close))
    if not panels:
        return
    level = f"Plain student at its last test ({_level(view)})"
    yield Figure(
        f"{view.experiment.name}-stage2",
        f"Test {name} and test loss over Stage 2",
        "Thick: mean over a method's nets. Thin: each net. Dotted upright lines: the learning rate drops.",
        "26rem",
        (*keys, *([Key("", level)] if _level(view) else [])),
        tuple(panels[::2] + panels[1::2]) if len(panels) == 4 else tuple(panels),
    )


def _level(view: View) -> str:
    student = next((row for row in view.table.rows if row.role == "student"), None)
    return f"{percent(student.mean, view.table.decimals)} %" if student and student.mean is not None else ""


def _test_panel(view: View, title: str, axis: str, curves: Stage2Curves) -> Panel:
    name = f"{view.experiment.name} {title}"
    with drawing(WIDTH, HEIGHT, name) as (figure, axes):
        for method in curves.methods:
            colour = METHOD_COLOURS.get(method.method, INK)
            for net in method.nets:
                axes.plot(*xy(net), color=colour, linewidth=0.7, alpha=0.5)
            axes.plot(*xy(method.mean), color=colour, linewidth=1.7)
        if curves.level is not None:
            axes.axhline(curves.level, color=INK, linewidth=1.1, linestyle=DASHED)
        upright(axes, curves.drops)
        axes.set_ylabel(axis)
        iterations(axes, curves.start, curves.end, "iteration of Stage 2")
        return Panel(title, svg_of(figure, f"{title} over Stage 2, by method"))


# Stage 1.


def _stage1(view: View) -> Iterator[Figure]:
    methods = hint_curves(view)
    if not methods:
        return
    smoothed = any(_window(step.losses) for method in methods for step in method.steps)
    yield Figure(
        f"{view.experiment.name}-stage1",
        "Hint losses over Stage 1",
        "Half the squared distance between the guided and the hint blob, a mean over the batch; logarithmic. Blobs of "
        "different layers differ in size: compare a step with itself, not with another."
        + (" Thick: running mean; thin: the logged batches." if smoothed else ""),
        "19rem",
        (),
        tuple(_hint_panel(view, method, methods) for method in methods),
    )


def _hint_panel(view: View, curves: HintCurves, everything: Sequence[HintCurves]) -> Panel:
    colour = METHOD_COLOURS.get(curves.method, INK)
    losses = [y for method in everything for step in method.steps for _, y in step.losses]
    with drawing(NARROW, LOW, f"{view.experiment.name} hint {curves.method}") as (figure, axes):
        logarithmic(axes, min(losses), max(losses))
        for step in curves.steps:
            window = _window(step.losses)
            if window:
                axes.plot(*xy(step.losses), color=colour, linewidth=0.6, alpha=0.45)
            line = running_mean(step.losses, window) if window else step.losses
            axes.plot(*xy(line), color=colour, linewidth=1.7)
            if curves.together:
                axes.annotate(step.name, line[-1], (4, 0), textcoords="offset points", va="center", color=INK)
            else:
                middle = ((step.start + step.end) / 2, 1.02)
                axes.annotate(step.name, middle, xycoords=axes.get_xaxis_transform(), ha="center", color=INK)
        upright(axes, sorted({step.start for step in curves.steps} - {0}))
        axes.set_ylabel("hint loss")
        iterations(axes, 0, curves.end, "iteration of Stage 1")
        return Panel(curves.title, svg_of(figure, f"Hint loss over Stage 1: {curves.title}"))


def _window(losses: Series) -> int:
    """The width of the running mean, a twentieth of the points; 0 where there are too few to smooth."""
    return 0 if len(losses) < SMOOTHED_POINTS else max(3, len(losses) // 20)
