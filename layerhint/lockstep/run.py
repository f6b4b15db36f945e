"""Runs a plan, trainings in lockstep where they share work."""

import time
from collections.abc import Generator, Mapping
from contextlib import suppress

from layerhint.lockstep.groups import Unit, units
from layerhint.lockstep.together import train_together
from layerhint.records.training import Lockstep
from layerhint.running.plan import Plan
from layerhint.running.run import Outcome, reported, run_step
from layerhint.steps.running_training import RunningTraining
from layerhint.steps.step import Context
from layerhint.steps.train import Train
from layerhint.watching.forecast import work
from layerhint.wording import duration

Turn = Generator[RunningTraining, None, None]
"""A training's step, which pauses while the process runs."""


def run_in_lockstep(plan: Plan, context: Context) -> Outcome:
    """As `run`, but one process does trainings at the same time that share their teacher's work."""
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
    """Groups the trainings of a unit that have to be done, each with the reason, by how far they have come.

    A training that would be alone in its group is left out.
    """
    far: dict[int, dict[Train, str]] = {}
    for step in unit if len(unit) > 1 else ():
        why = step.why_not(context)
        if isinstance(step, Train) and outcome.obstacle(step) is None and why is not None:
            step.begin(context, step.inputs(context))  # Sets aside snapshots of other inputs, which are no progress.
            far.setdefault(step.files(context).progress.iteration, {})[step] = why
    return [steps for steps in far.values() if len(steps) > 1]


def _run_group(steps: Mapping[Train, str], place: str, outcome: Outcome, context: Context) -> None:
    """Does trainings in lockstep. Raises StoppedError, or the first error of any of them when all have ended."""
    context.display.say(f"{place} train in lockstep, the teacher's work done once:")
    for step, why in steps.items():
        context.display.say(f"  {step.id}  ({why})")
    started = time.monotonic()
    log = context.workspace.log(f"{next(iter(steps)).id}.lockstep")
    errors: list[Exception] = []
    running: dict[RunningTraining, Turn] = {}
    try:
        for step, why in steps.items():
            turn = _do(step, why, _lockstep(step, steps), outcome, context)
            training = _advance(turn, errors)
            if training is not None:
                running[training] = turn
        while running:
            one_failed = train_together(list(running), log, context)
            for training in [each for each in running if each.failure is not None or not one_failed]:
                _advance(running[training], errors)
                del running[training]
    except BaseException as error:
        _abandon(running, error)
        raise
    if errors:
        raise errors[0]
    context.display.say(f"  done in {duration(time.monotonic() - started)}")


def _lockstep(step: Train, steps: Mapping[Train, str]) -> Lockstep:
    """What a training's record says of its lockstep: the others, and its share of the time by the work."""
    whole = sum(work(other.training) for other in steps)
    others = tuple(other.id for other in steps if other is not step)
    return Lockstep(others=others, share=round(work(step.training) / whole, 4))


def _do(step: Train, why: str, lockstep: Lockstep, outcome: Outcome, context: Context) -> Turn:
    """Does a training's step. It yields once, to have the training run; the caller continues it when the process has
    ended. If nothing is left to train, it does not yield."""
    with reported(step, why, outcome, context):
        inputs = step.inputs(context)
        step.begin(context, inputs)
        since = time.monotonic()
        training = step.to_run(context, lockstep.share)
        if training is not None:
            yield training
            training.conclude()
        step.record(step.result(training, context, lockstep), inputs, since, context)


def _advance(turn: Turn, errors: list[Exception]) -> RunningTraining | None:
    """Continues a training's step to its `yield` or to its end; an error is added to `errors`."""
    try:
        return next(turn, None)
    except Exception as error:
        errors.append(error)
        return None


def _abandon(running: Mapping[RunningTraining, Turn], error: BaseException) -> None:
    """Ends the steps of trainings that an error has stopped; those that had failed before end by their own failure."""
    for training, turn in running.items():
        with suppress(BaseException):
            if training.failure is not None:
                next(turn)
            else:
                turn.throw(error)
