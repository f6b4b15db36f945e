"""The hint losses over Stage 1, as they were logged, and as Figure 9 normalises them."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from layerhint.records.curves import TrainPoint
from layerhint.records.experiment_description import DescribedMethod
from layerhint.records.training import TrainingResult
from layerhint.report.content.curves import Series
from layerhint.report.content.view import View

Normalisation = Literal["first_iteration", "elements"]
END = 0.05
"""The last part of a step over which its loss is averaged for the table."""


@dataclass(frozen=True)
class HintStep:
    """A hint loss over one step of Stage 1; its iterations count on from the steps before.

    `number` is that of its pair: 1, 2, 3, or None for a lone pair. `elements` is how many numbers each of its two blobs
    holds for one image, None if that is not recorded.
    """

    number: int | None
    start: int
    end: int
    losses: Series
    elements: int | None = None

    @property
    def name(self) -> str:
        """G2, or "" for a lone pair."""
        return "" if self.number is None else f"G{self.number}"

    @property
    def first(self) -> float:
        """The loss of the first batch."""
        return self.losses[0][1]

    @property
    def last(self) -> float:
        """The geometric mean over the end of the step, of its last logged batches."""
        count = max(1, round(END * len(self.losses)))
        return math.exp(math.fsum(math.log(y) for _, y in self.losses[-count:]) / count)

    def unit(self, normalisation: Normalisation) -> float | None:
        """What its losses are divided by; None where that is not recorded."""
        return self.first if normalisation == "first_iteration" else self.elements

    def normalised(self, normalisation: Normalisation) -> "HintStep | None":
        """The same with each loss divided by the first one, or by its number of elements."""
        unit = self.unit(normalisation)
        return replace(self, losses=tuple((x, y / unit) for x, y in self.losses)) if unit else None


@dataclass(frozen=True)
class HintCurves:
    """A method's hint losses over Stage 1, step by step."""

    method: str
    title: str
    steps: tuple[HintStep, ...]

    @property
    def end(self) -> int:
        """The last iteration of Stage 1."""
        return max(step.end for step in self.steps)

    @property
    def together(self) -> bool:
        """Whether several losses trained in one step."""
        return len({step.start for step in self.steps}) < len(self.steps)

    def normalised(self, normalisation: Normalisation) -> "HintCurves | None":
        """Every step normalised; None where the record does not say by what."""
        steps = [step.normalised(normalisation) for step in self.steps]
        known = tuple(step for step in steps if step is not None)
        return HintCurves(self.method, self.title, known) if len(known) == len(steps) else None


def hint_curves(view: View) -> tuple[HintCurves, ...]:
    """The hint losses of every method with a finished and logged step of Stage 1; of a repeated Stage 1, net 1's."""
    done = {trained.id: trained.result for trained in view.trained}
    sizes = _sizes(view)
    curves = (HintCurves(row.method, row.title, tuple(_steps(row, done, sizes))) for row in view.experiment.methods)
    return tuple(curve for curve in curves if curve.steps)


def whose(view: View) -> str:
    """What a caption says of a Stage 1 that was repeated."""
    return " Stage 1 was repeated for each net: shown is net 1's." if view.experiment.independent_stage1 else ""


def running_mean(series: Series, width: int) -> Series:
    """The mean over `width` neighbours at each point, over fewer at the ends; geometric, for a log axis."""
    half = width // 2
    logs = [math.log(y) for _, y in series]
    windows = (logs[max(0, i - half) : i + half + 1] for i in range(len(series)))
    return tuple((x, math.exp(math.fsum(w) / len(w))) for (x, _), w in zip(series, windows, strict=True))


def _steps(
    row: DescribedMethod, done: Mapping[str, TrainingResult], sizes: Mapping[tuple[str, str], int]
) -> Iterable[HintStep]:
    start = 0
    for step, training in enumerate(row.stage1, start=1):
        if training not in done:
            return  # Where a later step begins is not known.
        result = done[training]
        end = start + result.training.max_iter
        outputs = _loss_outputs(result.curves.train)
        for place, output in enumerate(outputs, start=1):
            losses = _positive((start + p.iteration, p.outputs.get(output)) for p in result.curves.train)
            if losses:
                number = step if len(row.stage1) > 1 else place if len(outputs) > 1 else None
                yield HintStep(number, start, end, losses, sizes.get((training, output)))
        start = end


def _loss_outputs(points: Iterable[TrainPoint]) -> list[str]:
    """The blobs of the net's hint losses, from the bottom up: one of a step, all of the concurrent method, none of
    SL-ResNet."""
    found = {name for point in points for name in point.outputs if name.startswith("hint")}
    return sorted(found, key=lambda name: (len(name), name))  # hint2 before hint10.


def _sizes(view: View) -> dict[tuple[str, str], int]:
    """How many numbers the blobs of a hint loss hold, by training and loss."""
    nets = view.experiment.nets
    pairs = (pair for found in nets.pairs.values() for pair in found) if nets else ()
    return {(pair.training, pair.loss): math.prod(pair.shape) for pair in pairs}


def _positive(pairs: Iterable[tuple[int, float | None]]) -> Series:
    """What a log axis can show."""
    return tuple((x, y) for x, y in pairs if y is not None and math.isfinite(y) and y > 0)
