"""How long a training runs, at which rates, and how often it logs, tests and snapshots."""

from dataclasses import dataclass
from math import isqrt
from typing import Literal

from layerhint.experiments.experiment import Experiment
from layerhint.experiments.protocol import Intervals


@dataclass(frozen=True)
class Schedule:
    """A solver's numbers, by SolverParameter's own names. Without a test net there are no test fields."""

    base_lr: float
    lr_policy: Literal["fixed", "multistep"]
    max_iter: int
    momentum: float
    weight_decay: float
    display: int
    snapshot: int
    gamma: float | None = None
    stepvalue: tuple[int, ...] = ()
    test_interval: int | None = None
    test_iter: int | None = None


def plain_schedule(experiment: Experiment) -> Schedule:
    """Plain training and Stage 2: the rate drops at each stepvalue; the test images are seen once a test."""
    protocol = experiment.protocol
    plain = protocol.plain
    return Schedule(
        base_lr=plain.base_lr,
        lr_policy="multistep",
        gamma=plain.gamma,
        stepvalue=plain.stepvalue,
        max_iter=plain.max_iter,
        momentum=protocol.sgd.momentum,
        weight_decay=protocol.sgd.weight_decay,
        display=interval_of_display(plain.max_iter, protocol.intervals),
        snapshot=interval_of_snapshots(plain.max_iter, protocol.intervals, experiment.scale),
        test_interval=interval_of_tests(plain.max_iter, protocol.intervals),
        test_iter=protocol.images.test // protocol.batch_size.test,
    )


def hint_schedule(experiment: Experiment, max_iter: int) -> Schedule:
    """Stage 1 with hints."""
    return step_schedule(experiment, experiment.protocol.hint.base_lr, max_iter)


def step_schedule(experiment: Experiment, base_lr: float, max_iter: int) -> Schedule:
    """A step of Stage 1: a fixed rate, and nothing to test."""
    protocol = experiment.protocol
    return Schedule(
        base_lr=base_lr,
        lr_policy="fixed",
        max_iter=max_iter,
        momentum=protocol.sgd.momentum,
        weight_decay=protocol.sgd.weight_decay,
        display=interval_of_display(max_iter, protocol.intervals),
        snapshot=interval_of_snapshots(max_iter, protocol.intervals, experiment.scale),
    )


def interval_of_display(max_iter: int, intervals: Intervals) -> int:
    """The protocol's interval of log lines, or a shorter one, so that even a short training shows 20 points."""
    return min(intervals.display, max(1, max_iter // 20))


def interval_of_tests(max_iter: int, intervals: Intervals) -> int:
    """The divisor of max_iter that tests nearest to as often as the protocol's interval would, or `least_tests` times.

    Caffe tests the final model only where the interval divides max_iter.
    """
    wanted = max(float(intervals.least_tests), max_iter / intervals.test)
    longest = min(intervals.test, max_iter)
    small = [d for d in range(1, isqrt(max_iter) + 1) if max_iter % d == 0]
    divisors = [d for d in (*small, *(max_iter // d for d in reversed(small))) if d <= longest] + [max_iter]
    return min(divisors, key=lambda divisor: abs(max_iter / divisor - wanted))


def interval_of_snapshots(max_iter: int, intervals: Intervals, scale: float) -> int:
    """The protocol's snapshot interval; under a smaller scale a quarter of the training or the scaled interval."""
    return min(intervals.snapshot, max(1, round(intervals.snapshot * scale), -(-max_iter // 4)))
