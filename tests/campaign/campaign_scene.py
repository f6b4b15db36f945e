"""A small run for the scripts of this folder: its driver as a process, and what the driver has said."""

import os
import re
import resource
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXPERIMENT = Path(__file__).with_name("small.yaml")
_STEP = re.compile(r"^\[(\d+)/(\d+)\] (.+?) (\S+)  \((.*)\)$")


@dataclass(frozen=True)
class StepRun:
    """A step that a driver has begun: its kind (`train`), its id, why it was done, and whether it was done."""

    kind: str
    id: str
    why: str
    done: bool


def command(folder: Path, *more: str) -> list[str]:
    """The driver's command for the small run in a folder, a snapshot every 4 iterations."""
    options = ["--profile", "smoke", "--device", "cpu", "--snapshot-every", "4", "--out", str(folder), *more]
    return [sys.executable, str(ROOT / "tools" / "run_pipeline.py"), str(EXPERIMENT), *options]


def start(folder: Path, output: Path, largest: int | None = None) -> subprocess.Popen[bytes]:
    """Starts a driver with one thread, its words to a file; no file of it may be larger than `largest` bytes."""
    with output.open("wb") as words:
        return subprocess.Popen(
            command(folder),
            stdout=words,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=os.environ | {"OMP_NUM_THREADS": "1", "COLUMNS": "300"},
            preexec_fn=partial(_limit, largest) if largest is not None else None,
        )


def finish(folder: Path, output: Path) -> int:
    """Runs a driver to its end; gives its exit status."""
    return start(folder, output).wait()


def step_runs(text: str) -> list[StepRun]:
    """The steps that a driver has begun, in order, from what it said."""
    lines = text.splitlines()
    runs: list[StepRun] = []
    for line in lines:
        if found := _STEP.match(line):
            runs.append(StepRun(found[3], found[4], found[5], False))
        elif line.startswith("  done in ") and runs:
            last = runs.pop()
            runs.append(StepRun(last.kind, last.id, last.why, True))
    return runs


def children(process: int) -> list[int]:
    """The processes that a process has started and that are alive."""
    try:
        tasks = list(Path(f"/proc/{process}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []


def is_training(process: int) -> bool:
    """Whether a process is a `caffe train`."""
    try:
        words = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return b"torchcaffe.cli" in words and b"train" in words


def _limit(largest: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
