"""Estimates how long Table 1 would take at the paper's schedules, from the measured iterations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from benchmarks.lesson import lesson_of_training
from benchmarks.measured import FAST, LOCKSTEP, Iterations, Together
from layerhint.experiments.experiment import load_experiment
from layerhint.trainings.expand import expand
from layerhint.trainings.trainings import Training
from layerhint.watching.forecast import work

_EXPERIMENT = "table1"
_IMAGES = "CIFAR"


@dataclass(frozen=True)
class Forecast:
    """`seconds` is, by engine, the time of all trainings one after the other.

    `measured` is how many of their `iterations` are of measured nets. `in_lockstep` is the fast path's time if those
    trainings run in lockstep that were measured so; None if none was.
    """

    title: str
    trainings: int
    iterations: int
    measured: int
    seconds: Mapping[str, float]
    in_lockstep: float | None = None


def forecast(found: Sequence[Iterations], together: Sequence[Together] = ()) -> Forecast | None:
    """The forecast for Table 1; None if none of its nets was measured.

    A training's iterations take the median time of one; its tests take the time of their multiply-adds at the same
    rate. A training whose net was not measured takes the time of its multiply-adds at the mean rate of the others. In
    lockstep a training takes its share of the time that one iteration of every net takes.
    """
    lines = {(line.lesson, line.batch): line for line in found if line.images == _IMAGES}
    title, trainings = _table1()
    known = {t.id: lines[key] for t in trainings if (key := (lesson_of_training(t), t.batch_size)) in lines}
    if not known:
        return None
    iteration = {
        name: {key: line.milliseconds(key).median / 1000 for key in line.seconds} for name, line in known.items()
    }
    seconds = {
        engine: _seconds(trainings, {name: times[engine] for name, times in iteration.items()})
        for engine in next(iter(iteration.values()))
    }
    shares = {line.name: line.milliseconds(LOCKSTEP).median / 1000 / line.count for line in together}
    shared = {name: shares[line.name] for name, line in known.items() if line.name in shares}
    alone = {name: times[FAST] for name, times in iteration.items() if FAST in times}
    return Forecast(
        title,
        len(trainings),
        sum(t.schedule.max_iter for t in trainings),
        sum(t.schedule.max_iter for t in trainings if t.id in known),
        seconds,
        _seconds(trainings, alone | shared) if alone and shared else None,
    )


def _seconds(trainings: Sequence[Training], iteration: Mapping[str, float]) -> float:
    """Seconds of all trainings; `iteration` is the seconds of one iteration by training id, without some trainings."""
    measured = [t for t in trainings if t.id in iteration]
    seconds = sum(_of_training(t, iteration[t.id]) for t in measured)
    return seconds * sum(map(work, trainings)) / sum(map(work, measured))


def _of_training(training: Training, iteration: float) -> float:
    """Seconds of a training with its tests."""
    return iteration * training.schedule.max_iter * work(training) / work(replace(training, test=None))


@cache
def _table1() -> tuple[str, tuple[Training, ...]]:
    experiment = load_experiment(_EXPERIMENT)
    return experiment.title, expand(experiment)
