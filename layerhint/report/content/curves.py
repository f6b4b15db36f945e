"""Test figures over Stage 2."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from layerhint.records.curves import TestPoint, TrainPoint
from layerhint.records.experiment_description import DescribedMethod
from layerhint.records.training import TrainingResult
from layerhint.report.content.scores import score
from layerhint.report.content.view import View

Series = tuple[tuple[float, float], ...]
Value = Callable[[Mapping[str, float]], float | None]


@dataclass(frozen=True)
class NetCurve:
    """A net over Stage 2, as (iteration, value); `number` is 1 for the method's Net 1."""

    number: int
    series: Series


@dataclass(frozen=True)
class MethodCurves:
    """A method's finished nets over Stage 2, and their mean where all of them were tested."""

    method: str
    title: str
    nets: tuple[NetCurve, ...]
    mean: Series

    def since(self, start: float) -> "MethodCurves":
        """The part after an iteration."""
        nets = tuple(NetCurve(net.number, _after(net.series, start)) for net in self.nets)
        return MethodCurves(self.method, self.title, nets, _after(self.mean, start))


@dataclass(frozen=True)
class Stage2Curves:
    """One quantity over Stage 2. `level` is the plain student's at its last test; `drops` are where rates fall."""

    methods: tuple[MethodCurves, ...]
    level: float | None
    drops: tuple[int, ...]
    end: int
    start: int = 0

    def since_last_drop(self, least: int) -> "Stage2Curves | None":
        """The part after the last fall of the rate; None if it has fewer than `least` tests."""
        if not self.drops:
            return None
        start = self.drops[-1]
        methods = tuple(method.since(start) for method in self.methods)
        if max((len(method.mean) for method in methods), default=0) < least:
            return None
        return Stage2Curves(methods, self.level, (), self.end, start)


def stage2_curves(view: View, quantity: str) -> Stage2Curves | None:
    """`quantity` is "score" (P_c or P_e, in %) or "loss" (the true labels' cross-entropy, in nats).

    None where no net was tested more than once.
    """
    done = {trained.id: trained.result for trained in view.trained}
    error = view.experiment.is_error

    def value(outputs: Mapping[str, float]) -> float | None:
        return score(outputs, error) if quantity == "score" else outputs.get("loss")

    methods = [_method(row, done, value) for row in view.experiment.methods]
    shown = tuple(method for method in methods if any(len(net.series) > 1 for net in method.nets))
    if not shown:
        return None
    stage2 = [done[i] for row in view.experiment.methods for i in row.nets if i in done]
    student = done.get(view.experiment.student.training or "")
    level = value(student.final or {}) if student else None
    drops = next((drops for result in stage2 if (drops := rate_drops(result.curves.train))), ())
    return Stage2Curves(shown, level, drops, max(result.training.max_iter for result in stage2))


def rate_drops(points: Sequence[TrainPoint]) -> tuple[int, ...]:
    """The first logged iterations at which the rate is smaller than before."""
    rated = [(point.iteration, point.lr) for point in points if point.lr is not None]
    return tuple(iteration for (_, before), (iteration, after) in pairwise(rated) if after < before)


def _method(row: DescribedMethod, done: Mapping[str, TrainingResult], value: Value) -> MethodCurves:
    numbered = enumerate(row.nets, start=1)
    nets = tuple(NetCurve(number, _series(done[net].curves.test, value)) for number, net in numbered if net in done)
    return MethodCurves(row.method, row.title, nets, _mean([net.series for net in nets]))


def _series(points: Iterable[TestPoint], value: Value) -> Series:
    pairs = ((point.iteration, value(point.outputs)) for point in points)
    return tuple((x, y) for x, y in pairs if y is not None and math.isfinite(y))


def _mean(nets: Sequence[Series]) -> Series:
    tables = [dict(net) for net in nets if net]
    if not tables:
        return ()
    common = sorted(set.intersection(*(set(table) for table in tables)))
    return tuple((x, math.fsum(table[x] for table in tables) / len(tables)) for x in common)


def _after(series: Series, start: float) -> Series:
    return tuple((x, y) for x, y in series if x > start)
