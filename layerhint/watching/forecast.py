"""How long a run will take: from its arithmetic, and the speed seen so far or measured now."""

import time
from collections.abc import Iterable
from functools import cache

import numpy as np

from layerhint.trainings.trainings import Training

BACKWARD = 2.0  # Backward costs as much as two forward passes: one for the blobs, one for the params.
EFFICIENCY = 0.35
"""The share of the matrix-product rate that training these nets reaches, tests included: a first guess, which the
speed of the run itself replaces."""


def work(training: Training) -> float:
    """The multiply-adds of a whole training: forward and backward, the teacher's forward, the tests."""
    net = training.train
    schedule = training.schedule
    image = net.net.multiply_adds * (1 + BACKWARD)
    if net.teacher is not None:
        image += net.teacher.multiply_adds
    total = image * net.batch_size * schedule.max_iter
    if training.test is not None and schedule.test_interval and schedule.test_iter:
        tests = schedule.max_iter // schedule.test_interval + 1
        total += tests * schedule.test_iter * training.test.batch_size * training.test.net.multiply_adds
    return float(total)


def total_work(trainings: Iterable[Training]) -> float:
    """The multiply-adds of several trainings."""
    return sum(work(training) for training in trainings)


@cache
def measured_rate(seconds: float = 0.4) -> float:
    """Multiply-adds a second of this machine's CPU in a float32 matrix product, measured now."""
    size = 1024
    a = np.ones((size, size), dtype=np.float32)
    a @ a
    count, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < seconds:
        a @ a
        count += 1
    return count * size**3 / elapsed


def forecast_on_cpu(trainings: Iterable[Training]) -> float:
    """Seconds that trainings will take on this machine's CPU, before any of them has run: a rough guess."""
    return total_work(trainings) / (measured_rate() * EFFICIENCY)


class Outlook:
    """Seconds left, for the training that runs and for all of them, from the speed that this run shows."""

    def __init__(self, pending: Iterable[Training]) -> None:
        self._left = {training.id: work(training) for training in pending}
        self._done = 0.0
        self._seconds = 0.0

    def left(self, training: Training, reached: int, since: int, seconds: float) -> tuple[float, float] | None:
        """For a training that went from iteration `since` to `reached` in `seconds`: its own rest, and the rest
        of all; None while there is nothing to tell from."""
        length = training.schedule.max_iter
        here = work(training) * (reached - since) / length
        done, spent = self._done + here, self._seconds + seconds
        if reached <= since or done <= 0:
            return None
        own = work(training) * (length - reached) / length
        others = sum(rest for name, rest in self._left.items() if name != training.id)
        return own * seconds / here, own * seconds / here + others * spent / done

    def finished(self, training: Training, since: int, seconds: float) -> None:
        """Takes note of a training that is done."""
        self._left.pop(training.id, None)
        share = (training.schedule.max_iter - since) / training.schedule.max_iter
        self._done += work(training) * share
        self._seconds += seconds
