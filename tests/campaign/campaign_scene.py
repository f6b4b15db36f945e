"""A small run for the scripts of this folder: its driver as a process, and what the driver has said."""

import os
import platform
import re
import resource
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

from layerhint.driver import pipeline
from layerhint.records.provenance import provenance
from layerhint.run_command import run_command
from layerhint.steps import measure_cost

ROOT = Path(__file__).resolve().parents[2]
EXPERIMENT = Path(__file__).with_name("small.yaml")
_STEP = re.compile(r"^\[\d+/\d+\] (.+?) (\S+)  \((.*)\)$")
_LOCKSTEP = re.compile(r"^\[\d+/\d+\] train in lockstep, ")
_MEMBER = re.compile(r"^  (\S+)  \((.*)\)$")


@dataclass(frozen=True)
class StepRun:
    """A step that a driver has begun: its kind (`train`), its id, why it was done, and whether it was done."""

    kind: str
    id: str
    why: str
    done: bool


def command(folder: Path) -> list[str]:
    """The driver's arguments for the small run in a folder, a snapshot every 4 iterations."""
    return [str(EXPERIMENT), "--profile", "smoke", "--device", "cpu", "--snapshot-every", "4", "--out", str(folder)]


class Driver:
    """A driver of the small run, its words to a file; no file of it may be larger than `largest` bytes.

    Its process is forked from this one, which has imported what `tools/run_pipeline.py` imports: a kill then costs no
    import of PyTorch. Its `caffe train` and the like are processes as ever, with one thread. Latencies are left out:
    they are times, which are not compared, and take minutes on a busy machine.
    """

    def __init__(self, folder: Path, output: Path, largest: int | None = None) -> None:
        output.write_bytes(b"")
        self._process = get_context("fork").Process(target=_drive, args=(command(folder), output, largest))
        self._process.start()

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    def is_over(self) -> bool:
        return not self._process.is_alive()

    def wait(self) -> int:
        """Its exit status, negative for a signal."""
        self._process.join()
        status = self._process.exitcode
        assert status is not None
        return status


def made() -> str:
    """With what, from which commit and when a campaign is run, for its page."""
    source = provenance().source
    changed = " with changes" if source.changed else ""
    today = datetime.now(UTC).date().isoformat()
    return f"Python {platform.python_version()}, commit {(source.commit or 'unknown')[:9]}{changed}, {today}"


def finish(folder: Path, output: Path) -> int:
    """Runs a driver to its end; gives its exit status."""
    return Driver(folder, output).wait()


def step_runs(text: str) -> list[StepRun]:
    """The steps that a driver has begun, in order, from what it said; trainings in lockstep begin and end together."""
    done: list[StepRun] = []
    begun: list[StepRun] = []
    in_lockstep = False
    for line in text.splitlines():
        if found := _STEP.match(line):
            done, begun, in_lockstep = [*done, *begun], [StepRun(found[1], found[2], found[3], False)], False
        elif _LOCKSTEP.match(line):
            done, begun, in_lockstep = [*done, *begun], [], True
        elif in_lockstep and (found := _MEMBER.match(line)):
            begun.append(StepRun("train", found[1], found[2], False))
        elif line.startswith("  done in "):
            done, begun, in_lockstep = [*done, *(replace(step, done=True) for step in begun)], [], False
    return [*done, *begun]


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


def _drive(arguments: list[str], output: Path, largest: int | None) -> None:
    file = os.open(output, os.O_WRONLY | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(file, stream)
    if largest is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
    os.environ |= {"OMP_NUM_THREADS": "1", "COLUMNS": "300"}
    sys.argv = ["tools/run_pipeline.py", *arguments]
    measure_cost.measure_latency = lambda *_: None
    sys.exit(run_command(pipeline.main, arguments))
