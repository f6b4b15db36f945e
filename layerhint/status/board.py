"""The driver's notes of its run, as it goes."""

import os
import platform
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from layerhint.status.state import RunState, StepState, write_status
from layerhint.steps.step import Step
from layerhint.steps.train import Train
from layerhint.steps.watch import iteration, numbers
from layerhint.trainings.trainings import Training
from layerhint.watching.caffe_log import LogReader
from layerhint.watching.watcher import Watcher

WRITE_SECONDS = 1.0


class Board(Watcher):
    """Keeps the status of a run on disk, at most a second old; it is up to date at every change of a step's state.

    `works` is what each training that is to be done takes (see `layerhint.watching.forecast.works`).
    """

    def __init__(
        self, folder: Path, steps: Iterable[Step], pending: Mapping[str, str], works: Mapping[str, float]
    ) -> None:
        known = list(steps)
        self._works = works
        self._folder = folder
        now = time.time()
        self.run = RunState(
            " ".join(sys.argv), platform.node(), os.getpid(), now, now, None, [_state(step, pending) for step in known]
        )
        self._steps = {state.id: state for state in self.run.steps}
        self._first: dict[str, tuple[int, float]] = {}  # What each running training showed first in this stint, when.
        self._shown: dict[str, int] = {}
        self._written = 0.0
        self._write()

    def began(self, step_id: str, why: str, where: str) -> None:
        step = self._steps[step_id]
        step.state, step.note, step.where, step.began, step.ended = "running", why, where, time.time(), None
        step.speed = step.seconds_left = None
        self._first.pop(step_id, None)
        self._write()

    def trained(self, training: Training, reader: LogReader, since: int) -> None:
        step = self._steps[training.id]
        step.iteration = iteration(reader, since)
        step.numbers = "  ".join(numbers(reader))
        now = time.monotonic()
        # The clock starts at the first iteration that shows, so that a net's setting up does not count.
        if step.id not in self._first and max(reader.train, default=-1) >= since:
            self._first[step.id] = (step.iteration, now)
        elif step.id in self._first and step.iteration > self._shown[step.id]:
            first, started = self._first[step.id]
            step.speed = (step.iteration - first) / max(now - started, 1e-6)
            step.seconds_left = (training.schedule.max_iter - step.iteration) / step.speed
        self._shown[step.id] = step.iteration
        if now - self._written > WRITE_SECONDS:
            self._write()

    def ended(self, step_id: str, state: str, note: str) -> None:
        step = self._steps[step_id]
        step.state, step.ended = state, time.time()
        step.note = note or step.note
        step.speed = step.seconds_left = None
        if state in ("done", "kept"):
            step.iteration = step.max_iter
        self._write()

    def _write(self) -> None:
        self.run.updated = time.time()
        self.run.seconds_left = self._seconds_left()
        write_status(self._folder, self.run)
        self._written = time.monotonic()

    def _seconds_left(self) -> float | None:
        """The multiply-adds that are left, at the speed of all trainings that run now."""
        rate, left = 0.0, 0.0
        for name, work in self._works.items():
            step = self._steps[name]
            if step.state not in ("waiting", "running", "lost") or not step.max_iter:
                continue
            left += work * (1 - (step.iteration or 0) / step.max_iter)
            if step.state == "running" and step.speed:
                rate += work * step.speed / step.max_iter
        return left / rate if rate else None


def _state(step: Step, pending: Mapping[str, str]) -> StepState:
    state = StepState(step.id, step.kind, "waiting" if step.id in pending else "kept", pending.get(step.id, ""))
    if isinstance(step, Train):
        state.max_iter = step.iterations
        state.iteration = None if step.id in pending else step.iterations
    return state
