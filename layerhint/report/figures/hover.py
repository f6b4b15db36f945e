"""What a drawing tells under the pointer, as JSON for the page's script."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from layerhint.report.content.curves import Series
from layerhint.report.figures.svg import Frame

SIGNIFICANT = 6


@dataclass(frozen=True)
class HoverLine:
    """A line of a drawing, or one bar: a name, the page's name of its colour, its points, and single nets' points."""

    name: str
    colour: str
    points: Series
    nets: tuple[Series, ...] = ()


@dataclass(frozen=True)
class HoverText:
    """What stands before x, "" for nothing, and how y is written: so many decimals, or significant digits if None."""

    x: str
    unit: str
    decimals: int | None


def hover_json(frame: Frame, text: HoverText, lines: Sequence[HoverLine]) -> str:
    """`frame` and the lines' points; a net that has no point at an x of its line has null there."""
    content = {
        "frame": [frame.left, frame.top, frame.right, frame.bottom],
        "x": [float(end) for end in frame.x],
        "y": [float(end) for end in frame.y],
        "log": frame.logarithmic,
        "label": text.x,
        "unit": text.unit,
        "decimals": text.decimals,
        "lines": [_line(line) for line in lines if line.points],
    }
    # "<" could end the <script> element that it stands in.
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _line(line: HoverLine) -> dict[str, object]:
    xs = [x for x, _ in line.points]
    nets = [dict(net) for net in line.nets]
    return {
        "name": line.name,
        "colour": line.colour,
        "x": xs,
        "y": [_short(y) for _, y in line.points],
        "nets": [[_short(net[x]) if x in net else None for x in xs] for net in nets if net],
    }


def _short(value: float) -> float:
    return float(f"{value:.{SIGNIFICANT}g}")
