"""Figure 9 in numbers: each hint loss at its end, under both normalisations."""

from collections.abc import Iterator
from dataclasses import dataclass

from layerhint.report.content.hint_curves import hint_curves
from layerhint.report.content.view import View


@dataclass(frozen=True)
class LossLine:
    """A loss of a method: its first value, its mean over the last twentieth of its step, and the latter normalised.

    `of_first` is relative to the first value; `per_element` to the number of elements, None where not recorded.
    """

    pair: int
    method: str
    title: str
    first: float
    last: float
    of_first: float
    per_element: float | None


def loss_table(view: View) -> tuple[LossLine, ...]:
    """A line for each pair and method, a pair's together; only for an experiment that shows hint losses."""
    if view.experiment.shows != "hint_losses":
        return ()
    return tuple(sorted(_lines(view), key=lambda line: line.pair))


def _lines(view: View) -> Iterator[LossLine]:
    for method in hint_curves(view):
        for step in method.steps:
            yield LossLine(
                pair=step.number or 1,
                method=method.method,
                title=method.title,
                first=step.first,
                last=step.last,
                of_first=step.last / step.first,
                per_element=step.last / step.elements if step.elements else None,
            )
