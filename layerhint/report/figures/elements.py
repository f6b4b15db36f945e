"""SVG elements as text, for drawings that no plotting library makes. Colours are the page's, by name."""

from collections.abc import Iterable
from html import escape

MIDDLE = 0.36
"""How far a text's middle is above its baseline, as a share of its size: about half the height of capitals."""


def svg(width: float, height: float, label: str, body: Iterable[str]) -> str:
    """An <svg> without a size of its own; `label` says to a screen reader what it shows."""
    opening = f'<svg viewBox="0 0 {_short(width)} {_short(height)}" role="img" aria-label="{escape(label)}">'
    return "\n".join([opening, *body, "</svg>"])


def box(x: float, y: float, width: float, height: float, fill: str, edge: str, edge_width: float = 0.8) -> str:
    """A rectangle with round corners; `fill` "" leaves it open."""
    place = f'x="{_short(x)}" y="{_short(y)}" width="{_short(width)}" height="{_short(height)}" rx="2.5"'
    inside = f"var(--{fill})" if fill else "none"
    return f'<rect {place} style="fill: {inside}; stroke: var(--{edge}); stroke-width: {edge_width}"/>'


def circle(centre: tuple[float, float], radius: float, edge: str, edge_width: float = 1.0) -> str:
    """An open circle."""
    place = f'cx="{_short(centre[0])}" cy="{_short(centre[1])}" r="{_short(radius)}"'
    return f'<circle {place} style="fill: none; stroke: var(--{edge}); stroke-width: {edge_width}"/>'


def line(
    start: tuple[float, float], end: tuple[float, float], colour: str, width: float = 0.8, dashes: str = ""
) -> str:
    """A straight line, as SVG's `stroke-dasharray` says it is dashed."""
    ends = " ".join(f'{name}="{_short(at)}"' for name, at in zip(("x1", "y1", "x2", "y2"), (*start, *end), strict=True))
    dashed = f"; stroke-dasharray: {dashes}" if dashes else ""
    return f'<line {ends} style="stroke: var(--{colour}); stroke-width: {width}{dashed}"/>'


def arrow_head(tip: tuple[float, float], colour: str, size: float = 4.0) -> str:
    """A triangle that points right, to its tip."""
    x, y = tip
    points = ((x, y), (x - size, y - size / 2), (x - size, y + size / 2))
    spelt = " ".join(f"{_short(px)},{_short(py)}" for px, py in points)
    return f'<polygon points="{spelt}" style="fill: var(--{colour})"/>'


def text(at: tuple[float, float], content: str, colour: str = "ink", size: float = 8.5, anchor: str = "start") -> str:
    """A line of text, its middle at the height of `at`."""
    # Not every program knows dominant-baseline.
    place = f'x="{_short(at[0])}" y="{_short(at[1] + MIDDLE * size)}" text-anchor="{anchor}"'
    return f'<text {place} style="font-size: {size}px; fill: var(--{colour})">{escape(content)}</text>'


def _short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
