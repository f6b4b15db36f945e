"""How long a run will take: from its arithmetic, and a speed that is measured now."""

from collections.abc import Sequence
from functools import cache

import numpy as np

from layerhint.timing import run_times
from layerhint.trainings.alike import alike
from layerhint.trainings.trainings import Training

BACKWARD = 2.0  # Backward costs as much as two forward passes: one for the blobs, one for the params.
EFFICIENCY = {"torch": 0.8, "caffe": 0.1}
"""The share of the matrix-product rate that training these nets reaches with an engine, tests included: a first guess,
which the speed of the run itself replaces. For iterations alone results/speed-*.md measures 0.7 to 1.0, and 0.1."""


def work(training: Training) -> float:
    """The multiply-adds of a whole training: forward and backward, the teacher's forward, the tests."""
    net = training.train
    schedule = training.schedule
    image = net.net.multiply_adds * (1 + BACKWARD)
    total = image * net.batch_size * schedule.max_iter + _teacher_work(training)
    if training.test is not None and schedule.test_interval and schedule.test_iter:
        tests = schedule.max_iter // schedule.test_interval  # None before the first iteration, one after the last.
        total += tests * schedule.test_iter * training.test.batch_size * training.test.net.multiply_adds
    return float(total)


def works(trainings: Sequence[Training], in_lockstep: bool) -> dict[str, float]:
    """The multiply-adds of each training, by its id. In lockstep, those that share a teacher share its forward pass."""
    found = {training.id: work(training) for training in trainings}
    for group in alike(trainings) if in_lockstep else ():
        for training in group:
            found[training.id] -= _teacher_work(training) * (1 - 1 / len(group))
    return found


def _teacher_work(training: Training) -> float:
    teacher = training.train.teacher
    return 0.0 if teacher is None else float(teacher.multiply_adds * training.batch_size * training.schedule.max_iter)


@cache
def measured_rate() -> float:
    """Multiply-adds a second of this machine's CPU in a float32 matrix product, measured now.

    It goes by the fastest product, so that other work on the machine does not count unless it never pauses.
    """
    size = 1024
    a = np.ones((size, size), dtype=np.float32)
    fastest = min(run_times(lambda: a @ a, seconds=0.4))
    return size**3 / (fastest / 1000)


def forecast_on_cpu(trainings: Sequence[Training], engine: str, in_lockstep: bool) -> float:
    """Seconds that trainings will take on this machine's CPU, before any of them has run: a rough guess."""
    return sum(works(trainings, in_lockstep).values()) / (measured_rate() * EFFICIENCY[engine])
