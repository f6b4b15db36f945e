"""A figure as an SVG file of its own: its panels side by side under its legend, with the colours of light paper.

Colours are spelt out, since most programs that show SVG do not know the page's CSS variables.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

from layerhint.report.figures.colours import INK, PAGE_COLOURS
from layerhint.report.figures.elements import box, circle, line, svg, text
from layerhint.report.figures.figure import Figure, Key, Panel

MARGIN, GAP = 10.0, 28.0
HEADING = 18.0
"""The height of a panel's title, and of a line of the legend."""
SIZE = 9.5
SYMBOL, SYMBOL_GAP, KEY_GAP = 20.0, 5.0, 14.0
WIDEST = 960.0
"""The largest width of a row of panels."""
_FONT = "DejaVu Sans, Verdana, Helvetica, sans-serif"
_VARIABLE = re.compile(r"var\(--([\w-]+)(?:, [^)]+)?\)")
_PARTS = re.compile(r'<svg [^>]*?viewBox="0 0 ([\d.]+) ([\d.]+)"[^>]*>(.*)</svg>', re.DOTALL)


@dataclass(frozen=True)
class _Drawing:
    title: str
    width: float
    height: float
    body: str


def standalone_svg(figure: Figure) -> str:
    """The text of the file. A lone panel's title is not repeated."""
    drawings = [_drawing(panel) for panel in figure.panels]
    columns = max(1, int((WIDEST + GAP) / (max(drawn.width for drawn in drawings) + GAP)))
    rows = [drawings[i : i + columns] for i in range(0, len(drawings), columns)]
    width = max(_width(row) for row in rows)
    legend = _legend(figure.keys, width)
    body = [*_keys(legend)]
    top = MARGIN + HEADING * len(legend)
    for row in rows:
        left = MARGIN
        heading = HEADING if len(drawings) > 1 else 0.0
        for drawn in row:
            if heading:
                body.append(text((left, top + heading / 2), drawn.title, size=SIZE + 1))
            place = f'x="{left:g}" y="{top + heading:g}" width="{drawn.width:g}" height="{drawn.height:g}"'
            body.append(f'<svg {place} viewBox="0 0 {drawn.width:g} {drawn.height:g}">\n{drawn.body}\n</svg>')
            left += drawn.width + GAP
        top += heading + max(drawn.height for drawn in row) + MARGIN
    whole = width + 2 * MARGIN
    content = svg(whole, top, figure.title, [box(0, 0, whole, top, "paper", "paper"), *body])
    content = _VARIABLE.sub(lambda found: PAGE_COLOURS.get(found[1], (INK, INK))[0], content)
    opening = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{whole:g}pt" height="{top:g}pt" font-family="{escape(_FONT)}" '
    )
    return content.replace("<svg ", opening, 1) + "\n"


def _drawing(panel: Panel) -> _Drawing:
    found = _PARTS.fullmatch(panel.svg)
    if found is None:
        raise RuntimeError(f"the drawing of '{panel.title}' is no <svg> with a viewBox from 0 0")
    return _Drawing(panel.title, float(found[1]), float(found[2]), found[3].strip())


def _width(row: Sequence[_Drawing]) -> float:
    return sum(drawn.width for drawn in row) + GAP * (len(row) - 1)


def _legend(keys: Iterable[Key], width: float) -> list[list[tuple[float, Key]]]:
    """The legend's lines: each key, and where it begins."""
    lines: list[list[tuple[float, Key]]] = []
    at = width
    for key in keys:
        needed = SYMBOL + SYMBOL_GAP + _text_width(key.title)
        if not lines or at + needed > width:
            lines.append([])
            at = 0.0
        lines[-1].append((MARGIN + at, key))
        at += needed + KEY_GAP
    return lines


def _keys(legend: Iterable[Iterable[tuple[float, Key]]]) -> Iterator[str]:
    for number, keys in enumerate(legend):
        middle = MARGIN + HEADING * number + HEADING / 2 - 3
        for left, key in keys:
            yield _symbol(key, left, middle)
            yield text((left + SYMBOL + SYMBOL_GAP, middle), key.title, size=SIZE)


def _symbol(key: Key, left: float, middle: float) -> str:
    centre = left + SYMBOL / 2
    match key.kind:
        case "line":
            return line((left, middle), (left + SYMBOL, middle), key.colour, 2)
        case "dashed" | "level":
            return line((left, middle), (left + SYMBOL, middle), key.colour, 1.4, dashes="5 3")
        case "bar":
            return box(centre - 5, middle - 4, 10, 8, key.colour, key.colour)
        case "dot":
            return circle((centre, middle), 3, key.colour)
        case "mark":
            turned = f'<g transform="rotate(45 {centre:g} {middle:g})">'
            return turned + box(centre - 2.5, middle - 2.5, 5, 5, "", key.colour, 1) + "</g>"


def _text_width(content: str) -> float:
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    return float(TextPath((0, 0), content, size=SIZE, prop=FontProperties(family="DejaVu Sans")).get_extents().width)
