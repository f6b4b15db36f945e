"""Runs a plan, trainings in lockstep where they share work."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from threading import Lock, Thread

from layerhint.engines.engine import Start
from layerhint.engines.process import Process
from layerhint.lockstep.groups import Unit, units
from layerhint.lockstep.together import Together
from layerhint.running.plan import Plan
from layerhint.running.run import Outcome, run_here, run_step
from layerhint.steps.step import Context, StoppedError
from layerhint.steps.train import Train
from layerhint.trainings.trainings import Training
from layerhint.watching.caffe_log import LogReader
from layerhint.watching.forecast import work
from layerhint.watching.progress import Display
from layerhint.watching.watcher import Watcher
from layerhint.wording import duration

LOOK_SECONDS = 0.1


def run_in_lockstep(plan: Plan, context: Context) -> Outcome:
    """As `run`; trainings that share their teacher's work are done at the same time, by one process."""
    outcome = Outcome()
    number = 0
    for unit in units(plan, plan.pending(context)):
        number += len(unit)
        place = f"[{number}/{len(plan.steps)}]"
        groups = _groups(unit, outcome, context)
        for group in groups:
            _run_group(group, place, outcome, context)
        for step in unit:
            if not any(step in group for group in groups):
                run_step(step, place, outcome, context)
    return outcome


def _groups(unit: Unit, outcome: Outcome, context: Context) -> list[dict[Train, str]]:
    """The trainings of a unit that have to be done and have come equally far, several at least, and why."""
    far: dict[int, dict[Train, str]] = {}
    for step in unit if len(unit) > 1 else ():
        why = step.why_not(context)
        if isinstance(step, Train) and outcome.obstacle(step) is None and why is not None:
            step.begin(context, step.inputs(context))  # What was made from other inputs is no progress.
            far.setdefault(step.files(context).progress.iteration, {})[step] = why
    return [steps for steps in far.values() if len(steps) > 1]


@dataclass(frozen=True)
class _Member:
    """See `layerhint.steps.step.Member`."""

    step_id: str
    others: tuple[str, ...]
    share: float
    together: Together

    def train(self, solver: str, weights: str | None, snapshot: str | None, log: Path) -> Process:
        return self.together.join(self.step_id, Start(solver, weights, snapshot, log))


class _InTurn(Watcher):
    """Passes on what several threads tell, one at a time."""

    def __init__(self, watcher: Watcher, lock: Lock) -> None:
        self._watcher, self._lock = watcher, lock

    def began(self, step_id: str, why: str, where: str) -> None:
        with self._lock:
            self._watcher.began(step_id, why, where)

    def trained(self, training: Training, reader: LogReader, since: int) -> None:
        with self._lock:
            self._watcher.trained(training, reader, since)

    def ended(self, step_id: str, state: str, note: str) -> None:
        with self._lock:
            self._watcher.ended(step_id, state, note)


class _Turn(Thread):
    """Does one training's step; `error` is what ended it, if it was not the step's own fault alone."""

    def __init__(self, step: Train, why: str, outcome: Outcome, context: Context, together: Together) -> None:
        super().__init__(name=step.id)
        self._do = step, why, outcome, context
        self._together = together
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            run_here(*self._do)
        except BaseException as error:
            self.error = error
        finally:
            self._together.leave(self.name)


def _run_group(steps: Mapping[Train, str], place: str, outcome: Outcome, context: Context) -> None:
    """Does trainings in lockstep. Raises StoppedError, or what ended one of them, when all have ended."""
    context.display.say(f"{place} train in lockstep, the teacher's work done once:")
    started = time.monotonic()
    log = context.workspace.logs / f"{next(iter(steps)).id}.lockstep.log"
    together = Together(context.engine, {step.id: partial(_snapshot, step, context) for step in steps}, log)
    lock = Lock()
    watchers = tuple(_InTurn(watcher, lock) for watcher in context.watchers)
    whole = sum(work(step.training) for step in steps)
    turns: list[_Turn] = []
    for step, why in steps.items():
        context.display.say(f"  {step.id}  ({why})")
        others = tuple(other.id for other in steps if other is not step)
        member = _Member(step.id, others, round(work(step.training) / whole, 4), together)
        display = Display(context.display.console, bars=not turns)
        own = replace(context, watchers=watchers, member=member, display=display)
        turns.append(_Turn(step, why, outcome, own, together))
    _watch(turns, together)
    for turn in turns:
        if turn.error is not None:
            raise turn.error
    context.display.say(f"  done in {duration(time.monotonic() - started)}")


def _snapshot(step: Train, context: Context) -> str | None:
    return step.files(context).progress.snapshot


def _watch(turns: Sequence[_Turn], together: Together) -> None:
    """Has the steps done, until all have ended, whatever is raised here; Ctrl-C stops them."""
    try:
        for turn in turns:
            turn.start()
        while any(turn.is_alive() for turn in turns):
            together.tend()
            time.sleep(LOOK_SECONDS)
    except KeyboardInterrupt:
        together.stop()
        raise StoppedError from None
    finally:
        together.end()
        for turn in turns:
            if turn.ident is not None:
                turn.join()
