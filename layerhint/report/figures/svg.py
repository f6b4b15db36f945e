"""Drawings as SVG that takes its colours and its font from the page it stands in.

matplotlib draws with placeholder colours; in the text they become CSS variables with a fallback, so that one
drawing is readable on light and on dark paper. The same data gives the same bytes.
"""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

from layerhint.report.figures.colours import INK, PAGE_COLOURS, RULE, SOFT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ENLARGED = 1.45
"""Pixels of the page for a point of a drawing, at most: the text of 9.5 points is then like the page's small text."""
_VARIABLES = {light: name for name, (light, _) in PAGE_COLOURS.items()}
_COLOUR = re.compile("|".join(_VARIABLES))
_GEOMETRY = re.compile(r'(?<= )(d|x|y|transform|width|height)="[^"]*"')
_NUMBER = re.compile(r"\d+\.\d{2,}")
_STYLE: dict[Any, Any] = {
    "font.size": 9.5,
    "axes.labelsize": 9.5,
    "text.color": INK,
    "axes.labelcolor": SOFT,
    "axes.edgecolor": SOFT,
    "axes.linewidth": 0.7,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": RULE,
    "grid.linewidth": 0.7,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "xtick.labelsize": 9.5,
    "ytick.labelsize": 9.5,
    "lines.solid_joinstyle": "round",
    "svg.fonttype": "none",
    "savefig.transparent": True,
}


@dataclass(frozen=True)
class Frame:
    """Where a drawing's axes lie in its viewBox, `left` to `right` and `top` to `bottom`, and what they reach over."""

    left: float
    top: float
    right: float
    bottom: float
    x: tuple[float, float]
    y: tuple[float, float]
    logarithmic: bool


@contextmanager
def drawing(width: float, height: float, name: str) -> Iterator[tuple["Figure", "Axes"]]:
    """A figure of that size in points, with one pair of axes, to draw in and to give to `svg_of`."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_STYLE | {"svg.hashsalt": name})
        figure = Figure(figsize=(width / 72, height / 72), layout="constrained")
        yield figure, figure.add_subplot()


def frame_of(figure: "Figure", axes: "Axes") -> Frame:
    """The frame of axes that have been drawn: `svg_of` comes first."""
    place = axes.get_position()
    width, height = 72 * figure.get_size_inches()
    return Frame(
        left=round(place.x0 * width, 2),
        top=round((1 - place.y1) * height, 2),
        right=round(place.x1 * width, 2),
        bottom=round((1 - place.y0) * height, 2),
        x=axes.get_xlim(),
        y=axes.get_ylim(),
        logarithmic=axes.get_yscale() == "log",
    )


def svg_of(figure: "Figure", label: str) -> str:
    """The figure as an <svg> element as wide as there is room, but not so that its text outgrows the page's.

    `label` says to a screen reader what it shows.
    """
    stream = io.StringIO()
    figure.savefig(stream, format="svg", metadata={"Date": None, "Creator": None})
    text = stream.getvalue()
    found = re.search(r'<svg [^>]*?viewBox="([^"]+)"[^>]*>(.*)</svg>', text, re.DOTALL)
    if found is None:
        raise RuntimeError("matplotlib wrote no <svg> element with a viewBox")
    body = re.sub(r"<metadata>.*?</metadata>", "", found[2], flags=re.DOTALL)
    meant = set(re.findall(r"#(\w+)", body))
    body = re.sub(r' id="([^"]*)"', lambda match: match[0] if match[1] in meant else "", body)
    body = re.sub(r"<!--.*?-->", "", body, flags=re.DOTALL)
    body = re.sub(r"font-family: [^;\"]*;? ?", "", body)
    body = re.sub(r"(font: [\d.]+px) [^;\"]*", r"\1 inherit", body)
    body = _GEOMETRY.sub(lambda match: _NUMBER.sub(lambda number: f"{float(number[0]):.1f}", match[0]), body)
    body = _COLOUR.sub(lambda match: f"var(--{_VARIABLES[match[0]]}, {match[0]})", body)
    body = re.sub(r"\n\s*", "\n", body).strip()
    width = ENLARGED * float(found[1].split()[2])
    opening = f'<svg xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="{found[1]}" role="img"'
    return f'{opening} style="width: min(100%, {width:.0f}px)" aria-label="{escape(label)}">\n{body}\n</svg>'
