"""The driver's notes of its run, as it goes."""

import platform
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from layerhint.status.state import RunState, StepState, write_status
from layerhint.steps.step import Step
from layerhint.steps.train import Train
from layerhint.steps.watch import numbers
from layerhint.trainings.trainings import Training
from layerhint.watching.caffe_log import LogReader
from layerhint.watching.outlook import Outlook
from layerhint.watching.watcher import Watcher

WRITE_SECONDS = 1.0


class Board(Watcher):
    """Keeps the status of a run on disk, at most a second old; it is up to date at every change of a step's state.

    Speeds and the time left come from `outlook`, which must be told of each event first.
    """

    def __init__(self, folder: Path, steps: Iterable[Step], pending: Mapping[str, str], outlook: Outlook) -> None:
        self._outlook = outlook
        self._folder = folder
        now = time.time()
        self.run = RunState(
            schema=1,
            command=" ".join(sys.argv),
            host=platform.node(),
            began=now,
            updated=now,
            seconds_left=None,
            steps=[_state(step, pending) for step in steps],
        )
        self._steps = {state.id: state for state in self.run.steps}
        self._written = 0.0
        self._write()

    def began(self, step_id: str, why: str, where: str) -> None:
        step = self._steps[step_id]
        step.state, step.note, step.where, step.began, step.ended = "running", why, where, time.time(), None
        step.speed = step.seconds_left = None
        self._write()

    def trained(self, training: Training, reader: LogReader, since: int) -> None:
        step = self._steps[training.id]
        step.numbers = "  ".join(numbers(reader))
        pace = self._outlook.pace(training.id)
        if pace is not None:
            step.iteration, step.speed, step.seconds_left = pace.reached, pace.speed, pace.seconds_left
        if time.monotonic() - self._written > WRITE_SECONDS:
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
        self.run.seconds_left = self._outlook.seconds_left
        write_status(self._folder, self.run)
        self._written = time.monotonic()


def _state(step: Step, pending: Mapping[str, str]) -> StepState:
    is_kept = step.id not in pending
    state = StepState(id=step.id, kind=step.kind, state="kept" if is_kept else "waiting", note=pending.get(step.id, ""))
    if isinstance(step, Train):
        state.max_iter = step.training.schedule.max_iter
        state.iteration = state.max_iter if is_kept else None
    return state
