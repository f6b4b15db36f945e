"""What a figure of the page is made of."""

from dataclasses import dataclass
from typing import Literal

KeyKind = Literal["line", "dashed", "level", "bar", "dot", "mark"]


@dataclass(frozen=True)
class Key:
    """An entry of a legend: how it looks, the page's name of its colour, what it means."""

    kind: KeyKind
    colour: str
    title: str


@dataclass(frozen=True)
class Panel:
    """One drawing, what stands above it, and what it tells under the pointer ("" for nothing)."""

    title: str
    svg: str
    hover: str = ""


@dataclass(frozen=True)
class Figure:
    """Some panels with one caption and one legend; `least` is how wide a panel is at least, in CSS units.

    `main` says that it is how the paper shows the experiment: it stands beside the table, the others below.
    """

    id: str
    title: str
    caption: str
    least: str
    keys: tuple[Key, ...]
    panels: tuple[Panel, ...]
    main: bool = False
