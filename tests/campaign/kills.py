"""Kills at random moments of small runs, and whether what comes out is bit for bit what an undisturbed run gives.

    python tests/campaign/kills.py [NUMBER] [--seed S] [--folder DIR] [--table FILE]

A run is killed, and started again at once, until it is done; then the next run begins, until there were NUMBER kills
(default 100). SIGKILL goes to the driver, to its `caffe train`, or to both. A moment is either any moment, or a moment
after something has begun: a step of some kind, the writing of a snapshot. Exits with 1 where something differs.
"""

import argparse
import os
import random
import re
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, fields
from multiprocessing import get_context
from pathlib import Path

from campaign_compare import TIMES, Comparison, compare, interleaved, leftovers
from campaign_scene import ROOT, Driver, StepRun, children, finish, is_training, made, step_runs

WHOM = ("driver", "training", "both")
STARTING, RENDER, SNAPSHOT, LOCKSTEP = "start of the driver", "render", "train: snapshot", "train in lockstep"
PHASES = (
    STARTING, RENDER, "make data", "copy weights", "train", LOCKSTEP, SNAPSHOT, "measure cost", "sample images",
    "write report",
)  # fmt: skip
_PENDING = re.compile(r"^  (\w+(?: \w+)?) +\S+  \(", re.MULTILINE)
PLAN = re.compile(r"to do:|steps are up to date")
# Seconds after something has begun, at most.
_DELAYS = {
    None: 8, RENDER: 0.1, "make data": 0.6, "copy weights": 0.6, "train": 4, SNAPSHOT: 0.02, "measure cost": 3,
    "sample images": 0.2, "write report": 1,
}  # fmt: skip
_LOOK = 0.002


@dataclass
class Tally:
    """What was killed in which phase, the rounds, and what was found wrong."""

    kills: Counter[tuple[str, str]] = field(default_factory=Counter)
    rounds: int = 0
    again: Counter[str] = field(default_factory=Counter)
    compared: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    faults: list[str] = field(default_factory=list)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(getattr(self, part.name) + getattr(other, part.name) for part in fields(self)))


def main() -> int:
    """Runs the script; returns its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("number", nargs="?", type=int, default=100, help="how many kills (default 100)")
    parser.add_argument("--seed", type=int, default=1, help="of the random moments")
    parser.add_argument("--jobs", type=int, default=1, help="how many runs at a time, each in a folder of its own")
    parser.add_argument("--folder", type=Path, default=ROOT / "runs" / "kills")
    parser.add_argument("--table", type=Path, help="a file for the table, besides the terminal")
    options = parser.parse_args()
    tally = campaigns(options.folder.resolve(), options.number, options.seed, options.jobs)
    table = table_of(tally, f"{options.number} --seed {options.seed} --jobs {options.jobs}")
    print(table)
    if options.table:
        options.table.write_text(table)
    return 1 if tally.faults else 0


def campaigns(folder: Path, number: int, seed: int, jobs: int) -> Tally:
    """`jobs` campaigns side by side, which share the kills; what they found, together."""
    shares = [number // jobs + (job < number % jobs) for job in range(jobs)]
    folders = [folder / str(job) for job in range(jobs)]
    with ProcessPoolExecutor(jobs, mp_context=get_context("fork")) as pool:
        tallies = list(pool.map(campaign, folders, shares, [seed * 1000 + job for job in range(jobs)]))
    return sum(tallies[1:], tallies[0])


def campaign(folder: Path, number: int, seed: int) -> Tally:
    """An undisturbed run, then runs with kills in the same folder, since paths are part of what runs leave."""
    print(f"seed {seed}", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    run, undisturbed, output = folder / "run", folder / "undisturbed", folder / "output.txt"
    shutil.rmtree(run, ignore_errors=True)
    shutil.rmtree(undisturbed, ignore_errors=True)
    if finish(run, output):
        raise SystemExit(f"the undisturbed run failed:\n{output.read_text()}")
    run.rename(undisturbed)
    dice, tally = random.Random(seed), Tally()
    while (done := tally.kills.total()) < number and not tally.faults:
        texts = killed_run(run, output, number - done, dice, tally)
        tally.rounds += 1
        check(run, compare(undisturbed, run), texts, tally)
        print(f"round {tally.rounds}: {tally.kills.total() - done} kills; {tally.kills.total()} so far", flush=True)
        if not tally.faults:
            shutil.rmtree(run)
    return tally


def killed_run(run: Path, output: Path, number: int, dice: random.Random, tally: Tally) -> list[str]:
    """A run that is killed at most `number` times; gives what each of its drivers said."""
    texts = []
    for _ in range(number):
        driver = Driver(run, output)
        killed = _kill_some_time(driver, run, output, dice)
        status = driver.wait()
        texts.append(output.read_text(errors="replace"))
        if killed is None:
            if status:
                tally.faults.append(f"a driver that was not killed ended with {status}: {texts[-1][-500:]}")
            return texts
        tally.kills[killed] += 1
        if dice.random() < 0.5:  # Else the next driver meets what the last one left alive.
            time.sleep(dice.uniform(0, 2))
    if finish(run, output):
        tally.faults.append(f"the last driver failed: {output.read_text()[-500:]}")
    return [*texts, output.read_text(errors="replace")]


def _kill_some_time(driver: Driver, run: Path, output: Path, dice: random.Random) -> tuple[str, str] | None:
    """Waits for a random moment and kills; gives the phase and whom, or None if the driver was done before."""
    seen = {path.name for path in _being_written(run)}
    whom = dice.choice(WHOM)
    if dice.random() < 0.1:
        time.sleep(dice.uniform(0, 2))
    else:
        _wait(driver, lambda: PLAN.search(output.read_text(errors="replace")) is not None)
        aim = dice.choice(aims(output.read_text(errors="replace")))
        if aim is not None:
            _wait(driver, lambda: _has_begun(aim, run, output, seen) or _is_beyond(output))
        time.sleep(dice.uniform(0, _DELAYS[aim]))
    if driver.is_over():
        return None
    trainings = [child for child in children(driver.pid) if is_training(child)]
    if whom == "training" and not trainings:
        whom = "driver"
    victims = [*(trainings if whom != "driver" else []), *([driver.pid] if whom != "training" else [])]
    dice.shuffle(victims)
    for victim in victims:
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
    return None if driver.wait() == 0 else (_phase(run, output, seen), whom)


def _wait(driver: Driver, until: Callable[[], bool]) -> None:
    while not driver.is_over() and not until():
        time.sleep(_LOOK)


def aims(plan: str) -> list[str | None]:
    """What a driver with this plan begins soon, and None for any moment."""
    pending = _PENDING.findall(plan)
    if not pending:
        return ["measure cost", "sample images", "write report", "write report", None]
    soon = [RENDER, *pending[:2], *([SNAPSHOT, SNAPSHOT] if "train" in pending[:2] else [])]
    return [*soon, None]


def _has_begun(aim: str, run: Path, output: Path, seen: set[str]) -> bool:
    if aim == SNAPSHOT:
        return any(path.name not in seen for path in _being_written(run))
    text = output.read_text(errors="replace")
    if aim == RENDER:
        return "to do:" in text
    return any(step.kind == aim and not step.done for step in step_runs(text)[-1:])


def _is_beyond(output: Path) -> bool:
    """Whether what was aimed at may have been missed: a kill then comes in the third step at the latest."""
    return len(step_runs(output.read_text(errors="replace"))) > 2


def _being_written(run: Path) -> list[Path]:
    """Snapshots that have not got their names yet."""
    return [path for path in (run / "weights").rglob(".*.tmp") if "_iter_" in path.name]


def _phase(run: Path, output: Path, seen: set[str]) -> str:
    text = output.read_text(errors="replace")
    steps = step_runs(text)
    if not steps:
        return RENDER if "to do:" in text else STARTING
    if steps[-1].kind == "train" and any(path.name not in seen for path in _being_written(run)):
        return SNAPSHOT
    running = [step for step in steps if not step.done]
    return LOCKSTEP if len(running) > 1 else steps[-1].kind


def check(run: Path, comparison: Comparison, texts: list[str], tally: Tally) -> None:
    """Takes in what a run left, and what its drivers said of its steps."""
    tally.compared += comparison.compared
    tally.faults += comparison.differences
    tally.faults += [f"two processes wrote at a time: {log}" for log in interleaved(run)]
    tally.faults += [f"left over: {path}" for path in leftovers(run)]
    done: set[str] = set()
    begun: set[str] = set()
    for text in texts:
        for step in step_runs(text):
            if step.id in done:
                tally.repeated += 1
                tally.faults.append(f"{step.id} was done again ({step.why})")
            if step.id in begun:
                _count_again(step, tally)
            begun.add(step.id)
            if step.done:
                done.add(step.id)


def _count_again(step: StepRun, tally: Tally) -> None:
    """A step that a kill had cut off: its driver had begun it, or was about to."""
    tally.again[step.why] += 1
    if step.why not in ("begun, but not done", "not done yet", "not made yet"):
        tally.faults.append(f"{step.id} was begun again, with a reason that no kill gives: {step.why}")


def table_of(tally: Tally, arguments: str) -> str:
    """The campaign as a Markdown page."""
    heads = [who if who == "both" else f"to the {who}" for who in WHOM]
    rows = [[phase, *(tally.kills[phase, who] for who in WHOM)] for phase in PHASES]
    rows.append(["in all", *(sum(row[i] for row in rows) for i in range(1, len(WHOM) + 1))])
    again = ", ".join(f"{count} as '{why}'" for why, count in sorted(tally.again.items()))
    lines = [
        "# Kills",
        "",
        f"`python tests/campaign/kills.py {arguments}`, {made()}:",
        "",
        *_table(["SIGKILL during", *heads, "in all"], [[*row, sum(row[1:])] for row in rows]),
        "",
        f"{tally.rounds} runs were killed until they were done. Compared with an undisturbed run, over all of them:",
        "",
        *_table(["", "compared"], sorted(tally.compared.items())),
        "",
        f"Records are compared without {', '.join(TIMES)}.",
        "",
        f"Steps that a kill had cut off were begun again: {again or 'none'}.",
        f"Steps that were done and done again: {tally.repeated}.",
        "",
        f"Faults: {len(tally.faults)}",
        *(f"- {fault}" for fault in tally.faults),
    ]
    return "\n".join(lines) + "\n"


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    rule = "|".join(["---", *["---:"] * (len(heads) - 1)])
    return [f"| {' | '.join(heads)} |", f"|{rule}|", *(f"| {' | '.join(map(str, row))} |" for row in rows)]


if __name__ == "__main__":
    sys.exit(main())
