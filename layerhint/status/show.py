"""The status of a run, and of all runs, as tables for a terminal."""

import time

from rich.console import Group, RenderableType
from rich.markup import escape

from layerhint.status.state import RunState, StepState
from layerhint.tables import plain_table
from layerhint.wording import duration

COLOURS = {"running": "green", "failed": "red", "blocked": "yellow", "stopped": "yellow", "lost": "yellow"}
QUIET = ("kept", "done", "waiting")
"""States in which steps are only counted."""


def show_run(title: str, run: RunState, owner: str | None) -> RenderableType:
    """What runs where, what failed and why, how far it all is; `owner` is who holds the run's folder now."""
    table = plain_table("step", "state", "where", "progress", "now", title=escape(title))
    for step in run.steps:
        if step.state not in QUIET:
            table.add_row(*_row(step, alive=owner is not None))
    return Group(table, *_summary(run, owner))


def show_runs(runs: dict[str, tuple[RunState, str | None]]) -> RenderableType:
    """One line for each run, by its folder."""
    table = plain_table("run", "driver", "steps", "failed", "left", "last seen")
    for folder, (run, owner) in runs.items():
        left = _left(run) if owner else ""
        driver = "running" if owner else "none"
        done = f"{run.count('done', 'kept')} of {len(run.steps)}"
        table.add_row(escape(folder), driver, done, str(run.count("failed")), left, f"{_ago(run.updated)} ago")
    return table


def _row(step: StepState, alive: bool) -> tuple[str, str, str, str, str]:
    state = "interrupted" if step.state == "running" and not alive else step.state
    colour = COLOURS.get(state, "yellow")
    progress = "" if step.max_iter is None else f"{step.iteration or 0:,} of {step.max_iter:,}"
    if step.state in ("failed", "blocked", "stopped", "lost"):
        now = step.note
    else:
        speed = f"{step.speed:.3g} it/s" if step.speed else ""
        left = f"{duration(step.seconds_left)} left" if step.seconds_left is not None else ""
        now = "  ".join(part for part in (step.numbers, speed, left) if part and alive)
    return escape(step.id), f"[{colour}]{state}[/]", escape(step.where), progress, escape(now)


def _summary(run: RunState, owner: str | None) -> list[str]:
    return [
        f"{run.count('done', 'kept')} of {len(run.steps)} steps done, {run.count('running') if owner else 0} running, "
        f"{run.count('waiting', 'lost')} waiting, {run.count('failed')} failed, {run.count('blocked')} blocked",
        escape(f"driver: {owner}, at work for {_ago(run.began)}; {_left(run)}")
        if owner
        else escape(f"driver: none now; the last one was seen {_ago(run.updated)} ago (`{run.command}` on {run.host})"),
    ]


def _left(run: RunState) -> str:
    return "no forecast yet" if run.seconds_left is None else f"about {duration(run.seconds_left)} left"


def _ago(moment: float) -> str:
    return duration(max(0.0, time.time() - moment))
