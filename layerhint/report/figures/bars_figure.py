"""Bars of averages, as the paper's Figures 5, 7, 8 and 10 have them."""

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from layerhint.report.content.table import Row
from layerhint.report.content.view import View
from layerhint.report.figures.arrangement import BAR_CASES
from layerhint.report.figures.colours import INK, METHOD_COLOURS, method_colour
from layerhint.report.figures.figure import Figure, Key, Panel
from layerhint.report.figures.hover import HoverLine, HoverText, hover_json
from layerhint.report.figures.svg import drawing, frame_of, svg_of
from layerhint.report.numbers import papers, percent
from layerhint.report.statistics.intervals import mean_interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BAR, MARGIN, HEIGHT = 58.0, 56.0, 250.0
LONGEST_LINE = 11
ROOM = 0.12


def bars_figure(view: View) -> Figure | None:
    """The bars of an experiment that the paper shows so; None before any net has finished."""
    rows = [row for row in _arranged(view) if row.mean is not None and math.isfinite(row.mean)]
    if view.experiment.shows != "bars" or not rows:
        return None
    name = "error" if view.experiment.is_error else "accuracy"
    return Figure(
        id=f"{view.experiment.name}-bars",
        title=f"Average test {name}",
        caption=_caption(rows),
        least="30rem",
        keys=tuple(_keys(rows)),
        panels=(_panel(view, rows),),
        main=True,
    )


def _caption(rows: Sequence[Row]) -> str:
    has_interval = any(_interval(row) for row in rows)
    return (
        f"Bars: {_bars(rows)}; the axis does not begin at 0. Circles: each net."
        + (" Whiskers: 95 % interval of the mean over the nets' random weights." if has_interval else "")
        + " Diamonds: the paper's own figure, where it prints one."
    )


def _bars(rows: Sequence[Row]) -> str:
    if not any(row.is_ensemble for row in rows):
        return "mean over the nets"
    lacking = any(len(row.cells) > 1 and not row.is_ensemble for row in rows)
    return "the nets' averaged predictions" + (", or the mean over the nets where these lack" if lacking else "")


def _interval(row: Row) -> tuple[float, float] | None:
    """The 95 % interval of a row's mean over its finished nets, if there are several."""
    return mean_interval(row.sample) if row.sample else None


def _arranged(view: View) -> Sequence[Row]:
    """The rows in the paper's order; a figure without numbered cases shows the methods alone."""
    keys = BAR_CASES.get(view.experiment.base_name)
    if keys is None:
        return view.table.methods
    return [row for key in keys if (row := view.table.row(key)) is not None]


def _keys(rows: Sequence[Row]) -> Iterator[Key]:
    yield Key("dot", "ink", "Each net")
    if any(row.reported.average is not None for row in rows):
        yield Key("mark", "ink", "The paper's figure")


def _panel(view: View, rows: Sequence[Row]) -> Panel:
    axis = f"test {'error' if view.experiment.is_error else 'accuracy'} (%)"
    low, high = _range(rows)
    with drawing(MARGIN + BAR * len(rows), HEIGHT, f"{view.experiment.name} bars") as (figure, axes):
        axes.set_xlim(0.4, len(rows) + 0.6)
        axes.set_ylim(low, high)
        for place, row in enumerate(rows, start=1):
            _draw(axes, place, row, low, view.table.decimals)
        axes.set_xticks(range(1, len(rows) + 1), [_under(view, row) for row in rows])
        axes.tick_params(axis="x", length=0)
        axes.set_ylabel(axis)
        svg = svg_of(figure, f"Average {axis} by method")
        text = HoverText("", " %", view.table.decimals)
        return Panel(
            axis.removesuffix(" (%)").capitalize(), svg, hover_json(frame_of(figure, axes), text, [*_lines(rows)])
        )


def _draw(axes: "Axes", place: int, row: Row, low: float, decimals: int) -> None:
    mean, interval = row.mean or 0.0, _interval(row)
    colour = METHOD_COLOURS.get(row.method, INK)
    axes.bar(place, mean - low, width=0.62, bottom=low, color=colour, alpha=0.8)
    top = mean
    if interval is not None:
        axes.vlines(place, *interval, color=INK, linewidth=1.1)
        top = interval[1]
    nets = [figure for cell in row.cells if (figure := cell.figure(row.taken)) is not None]
    if len(nets) > 1:
        around = [place + 0.14 * (i - (len(nets) - 1) / 2) for i in range(len(nets))]
        axes.scatter(around, nets, s=13, facecolors="none", edgecolors=INK, linewidths=0.9, zorder=3)
    if row.reported.average is not None:
        axes.scatter([place + 0.4], [row.reported.average], s=24, marker="D", facecolors="none", edgecolors=INK)
        top = max(top, row.reported.average)
    axes.annotate(
        percent(mean, decimals), (place, top), (0, 4), textcoords="offset points", ha="center", va="bottom", color=INK
    )


def _range(rows: Sequence[Row]) -> tuple[float, float]:
    """From below the lowest thing that is drawn to above the highest, with room for a number there."""
    values: list[float] = []
    for row in rows:
        values += [figure for cell in row.cells if (figure := cell.figure(row.taken)) is not None]
        values += [row.reported.average] if row.reported.average is not None else []
        values += _interval(row) or ()
        values += [row.mean] if row.mean is not None else []
    known = [value for value in values if math.isfinite(value)]
    span = max(max(known) - min(known), 0.01 * max(known))
    return max(0.0, min(known) - ROOM * span), max(known) + ROOM * span


def _under(view: View, row: Row) -> str:
    """Case number and name, in short lines."""
    cases = BAR_CASES.get(view.experiment.base_name, ())
    name = "Plain student" if row.role == "student" else row.label
    lines = [f"Case {cases.index(row.key) + 1}"] if row.key in cases else []
    line = ""
    for word in name.split():
        if line and len(line) + len(word) >= LONGEST_LINE:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return "\n".join([*lines, line])


def _lines(rows: Sequence[Row]) -> Iterator[HoverLine]:
    for place, row in enumerate(rows, start=1):
        nets = [cell.figure(row.taken) for cell in row.cells]
        several = tuple(((place, net),) for net in nets if net is not None) if len(nets) > 1 else ()
        yield HoverLine(row.label, method_colour(row.method), ((place, row.mean or 0.0),), several)
        if row.reported.average is not None:
            yield HoverLine(f"Paper, prints {papers(row.reported.average)}", "ink", ((place, row.reported.average),))
