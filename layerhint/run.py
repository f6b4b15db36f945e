"""Runs a plan: every step that is not up to date, in order."""

import time

from layerhint.plan import Plan
from layerhint.progress import duration
from layerhint.steps.step import Context


def run(plan: Plan, context: Context) -> int:
    """Does what has to be done; returns how many steps that were.

    A step is looked at when its turn comes: one whose parents were done again, with the same result, stays.
    """
    done = 0
    for number, step in enumerate(plan.steps, start=1):
        why = step.why_not(context)
        if why is None:
            continue
        context.display.say(f"[{number}/{len(plan.steps)}] {step.kind} {step.id}  ({why})")
        started = time.monotonic()
        step.run(context)
        context.display.say(f"  done in {duration(time.monotonic() - started)}")
        done += 1
    return done
