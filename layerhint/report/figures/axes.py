"""What the figures' axes have in common: iterations along x, plain numbers along a logarithmic y."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from layerhint.report.content.curves import Series
from layerhint.report.figures.colours import SOFT
from layerhint.wording import count

if TYPE_CHECKING:
    from matplotlib.axes import Axes

DOTTED = (0, (1, 3))
DASHED = (0, (5, 3))


def xy(series: Series) -> tuple[list[float], list[float]]:
    """A series as matplotlib takes it."""
    return [x for x, _ in series], [y for _, y in series]


def iterations(axes: "Axes", start: float, end: float, label: str) -> None:
    """Whole iterations from `start` to `end`, thousands apart; at most five labels, so that they fit a phone."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.set_xlim(start, end)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=4, integer=True, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: count(round(value))))
    axes.set_xlabel(label)


def logarithmic(axes: "Axes", low: float, high: float) -> None:
    """A logarithmic y from `low` to `high` with a little room, its numbers written out."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    room = (high / low) ** 0.06 if high > low else 2
    axes.set_yscale("log")
    axes.set_ylim(low / room, high * room)
    subs = (1, 2, 5) if high / low < 300 else (1,)
    axes.yaxis.set_major_locator(LogLocator(subs=subs))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.6g}"))
    axes.yaxis.set_minor_locator(NullLocator())


def upright(axes: "Axes", places: Iterable[float]) -> None:
    """Dotted upright lines."""
    for place in places:
        axes.axvline(place, color=SOFT, linewidth=0.9, linestyle=DOTTED)
