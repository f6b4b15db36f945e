"""Runs a plan: every step that is not up to date, in order."""

import platform
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from layerhint.errors import LayerhintError
from layerhint.records import ids
from layerhint.records.notes import Pending
from layerhint.records.records import read_finished, remove_record, write_pending
from layerhint.running.plan import Plan
from layerhint.steps.divergence import DivergedError
from layerhint.steps.step import Context, Step, StoppedError
from layerhint.wording import duration, plural


@dataclass
class Outcome:
    """How many steps were done; why some failed, by id; which step keeps others from being done, by their ids."""

    done: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    blocked: dict[str, str] = field(default_factory=dict)

    @property
    def missing(self) -> set[str]:
        return {*self.failed, *self.blocked}

    def obstacle(self, step: Step, missing: Collection[str] = ()) -> str | None:
        """A step that this one needs and that will not be done, if there is one."""
        return next((need for need in step.needs if need in self.missing or need in missing), None)

    def require_whole(self) -> None:
        """Raises LayerhintError with the list of failed steps, if there are any."""
        if not self.failed:
            return
        causes = "; ".join(f"{step}: {cause}" for step, cause in self.failed.items())
        left = f". Left undone, since they need it: {', '.join(self.blocked)}" if self.blocked else ""
        raise LayerhintError(f"{plural(len(self.failed), 'step')} failed, the rest is done. {causes}{left}")


def mark(plan: Plan, pending: Mapping[str, str], context: Context) -> None:
    """Notes that the records of pending steps are out of date, and why."""
    records = context.workspace.records
    for step in plan.steps:
        if step.id in pending and read_finished(records, step.id) is not None:
            write_pending(records, step.id, Pending(why=pending[step.id]))


def run(plan: Plan, context: Context, missing: Collection[str] = ()) -> Outcome:
    """Does what has to be done, one step after the other.

    Each step is checked when its turn comes: if its parents were done again with the same result, it stays. Steps that
    need a training that has diverged, or a step in `missing`, are left out. Any other error ends the run.
    """
    outcome = Outcome()
    for number, step in enumerate(plan.steps, start=1):
        run_step(step, f"[{number}/{len(plan.steps)}]", outcome, context, missing)
    return outcome


def run_step(step: Step, place: str, outcome: Outcome, context: Context, missing: Collection[str] = ()) -> None:
    """Does one step, if it has to be done and can be done. Its line begins with `place`."""
    obstacle = outcome.obstacle(step, missing)
    if obstacle is not None:
        block(step, obstacle, outcome, context)
        return
    why = step.why_not(context)
    if why is None:
        keep(step, context)
        return
    context.display.say(f"{place} {step.kind} {step.id}  ({why})")
    started = time.monotonic()
    with reported(step, why, outcome, context):
        step.run(context)
    if step.id not in outcome.failed:
        context.display.say(f"  done in {duration(time.monotonic() - started)}")


@contextmanager
def reported(step: Step, why: str, outcome: Outcome, context: Context) -> Iterator[None]:
    """Notes that a step begins, which the `with` block does in this process, and how it ends.

    DivergedError goes no further: the step is noted as failed. Any other error is raised again.
    """
    tell_began(step, why, f"{platform.node()} {context.engine.device or ''}".strip(), context)
    try:
        yield
    except DivergedError as error:
        fail(step, error.cause, outcome, context)
    except (StoppedError, KeyboardInterrupt):
        tell_ended(step, "stopped", "", context)
        raise
    except BaseException as error:
        tell_ended(step, "failed", str(error), context)
        raise
    else:
        finish(step, outcome, context)


def keep(step: Step, context: Context) -> None:
    """Notes that a step is up to date."""
    remove_record(context.workspace.records, ids.pending(step.id))
    tell_ended(step, "kept", "up to date", context)


def finish(step: Step, outcome: Outcome, context: Context) -> None:
    """Notes that a step is done."""
    outcome.done += 1
    remove_record(context.workspace.records, ids.pending(step.id))
    tell_ended(step, "done", "", context)


def fail(step: Step, cause: str, outcome: Outcome, context: Context) -> None:
    """Notes that a step failed by itself. Steps that do not need it go on."""
    outcome.failed[step.id] = cause
    context.display.say(f"  FAILED: {step.id}: {cause}. The steps that do not need it go on")
    tell_ended(step, "failed", cause, context)


def block(step: Step, obstacle: str, outcome: Outcome, context: Context) -> None:
    """Notes that a step cannot be done, because one that it needs is missing."""
    outcome.blocked[step.id] = obstacle
    tell_ended(step, "blocked", f"needs {obstacle}", context)


def tell_began(step: Step, why: str, where: str, context: Context) -> None:
    for watcher in context.watchers:
        watcher.began(step.id, why, where)


def tell_ended(step: Step, state: str, note: str, context: Context) -> None:
    for watcher in context.watchers:
        watcher.ended(step.id, state, note)
