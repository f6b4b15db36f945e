"""A disk that fills at different points of a small run: what is said, what is whole, and whether it goes on with room.

    python tests/campaign/full_disk.py [POINTS] [--folder DIR] [--table FILE] [--limit]

For each point the run starts on an empty file system of its own (tmpfs) of another size, from nothing up to a little
less than the run needs. It must end with status 1 and one line that names the file and the remedy, and leave nothing
half-written. Then the file system gets room, the same command is run again, and what it leaves is compared with an
undisturbed run. To mount takes root; for others, and with --limit, no file may become larger than another number of
bytes instead. Exits with 1 where something is not as it must be.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from campaign_compare import compare, leftovers
from campaign_scene import ROOT, Driver, StepRun, finish, made, step_runs

from layerhint.errors import LayerhintError
from layerhint.records.records import read_record
from torchcaffe.errors import CaffeError
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.binary import read_binary, read_caffemodel

ROOM = 1 << 30
REMEDIES = ("free some space", "raise the limit")


@dataclass(frozen=True)
class Point:
    """One full disk: its size, the step that it stopped, the error, and what was found wrong."""

    size: int
    step: str
    error: str
    faults: tuple[str, ...]


def main() -> int:
    """Runs the script; returns its exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("points", nargs="?", type=int, default=20, help="how many points (default 20)")
    parser.add_argument("--folder", type=Path, default=ROOT / "runs" / "full-disk")
    parser.add_argument("--table", type=Path, help="a file for the table, besides the terminal")
    parser.add_argument("--jobs", type=int, default=1, help="how many runs at a time, each in a folder of its own")
    parser.add_argument("--limit", action="store_true", help="limit the size of files, though this is root")
    options = parser.parse_args()
    folder = options.folder.resolve()
    limited = options.limit or os.geteuid() != 0
    points = campaigns(folder, options.points, limited, options.jobs)
    table = table_of(points, options.points, limited)
    print(table)
    if options.table:
        options.table.write_text(table)
    return 1 if any(point.faults for point in points) else 0


def campaigns(folder: Path, number: int, limited: bool, jobs: int) -> list[Point]:
    """`jobs` campaigns side by side, which share the points."""
    with ProcessPoolExecutor(jobs, mp_context=get_context("fork")) as pool:
        works = [
            pool.submit(campaign, folder / str(job), number, limited, slice(job, None, jobs)) for job in range(jobs)
        ]
        return sorted((point for work in works for point in work.result()), key=lambda point: point.size)


def campaign(folder: Path, number: int, limited: bool, mine: slice = slice(None)) -> list[Point]:
    """Some of `number` points, one after the other; all runs at one path, since paths are part of what they leave."""
    run, undisturbed, output = folder / "disk" / "run", folder / "undisturbed", folder / "output.txt"
    if run.parent.is_mount():  # This script was killed.
        subprocess.run(["umount", str(run.parent)], check=True)
    shutil.rmtree(folder, ignore_errors=True)
    run.parent.mkdir(parents=True)
    if finish(run, output):
        raise SystemExit(f"the undisturbed run failed:\n{output.read_text()}")
    shutil.move(run, undisturbed)
    sizes = file_limits(undisturbed, number) if limited else disk_sizes(undisturbed, number)
    at_point = _limited_point if limited else _mounted_point
    points = []
    for size in sizes[mine]:
        points.append(at_point(run, undisturbed, output, size))
        print(f"{size:>10} bytes: {points[-1].step}: {points[-1].error}", *points[-1].faults, sep="\n  ", flush=True)
    return points


def disk_sizes(undisturbed: Path, number: int) -> list[int]:
    """Sizes of a file system, evenly from one page to what the run takes less a twentieth."""
    page = os.sysconf("SC_PAGE_SIZE")
    pages = sum(-(-path.stat().st_size // page) + 1 for path in undisturbed.rglob("*")) * 19 // 20
    return [page * (1 + i * (pages - 1) // (number - 1 or 1)) for i in range(number)]


def file_limits(undisturbed: Path, number: int) -> list[int]:
    """Sizes of files, each a little less than one that the run writes, from the smallest to the largest."""
    sizes = sorted({path.stat().st_size - 1 for path in undisturbed.rglob("*") if path.is_file()} - {-1})
    return [sizes[i * (len(sizes) - 1) // (number - 1 or 1)] for i in range(number)]


def _mounted_point(run: Path, undisturbed: Path, output: Path, size: int) -> Point:
    with _small_disk(run.parent, size) as give_room:
        return _point(run, undisturbed, output, size, lambda: finish(run, output), give_room)


def _limited_point(run: Path, undisturbed: Path, output: Path, size: int) -> Point:
    shutil.rmtree(run, ignore_errors=True)
    return _point(run, undisturbed, output, size, lambda: Driver(run, output, size).wait(), lambda: None)


@contextmanager
def _small_disk(at: Path, size: int) -> Iterator[Callable[[], None]]:
    """A tmpfs of `size` bytes; gives what makes it larger."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "small", str(at)], check=True)
    try:
        yield lambda: _mount_again(at)
    finally:
        subprocess.run(["umount", str(at)], check=True)


def _mount_again(at: Path) -> None:
    subprocess.run(["mount", "-o", f"remount,size={ROOM}", str(at)], check=True)


def _point(
    run: Path, undisturbed: Path, output: Path, size: int, run_in_want: Callable[[], int], give_room: Callable[[], None]
) -> Point:
    status = run_in_want()
    said = output.read_text(errors="replace")
    steps = step_runs(said)
    errors = [line for line in said.splitlines() if line.startswith("error: ")]
    faults = [*_faults_of_words(status, said, errors), *_half_files(run)]
    give_room()
    if finish(run, output):
        faults.append(f"it did not go on with room: {output.read_text()[-500:]}")
    else:
        faults += [*compare(undisturbed, run).differences, *(f"left over: {path}" for path in leftovers(run))]
    return Point(size, _stopped_at(steps), errors[0] if errors else "no error", tuple(faults))


def _stopped_at(steps: list[StepRun]) -> str:
    """The step, or the trainings in lockstep, that the driver had begun last."""
    begun = [step for step in steps if not step.done] or steps[-1:]
    return f"{begun[-1].kind} {', '.join(step.id for step in begun)}" if begun else "before the first step"


def _faults_of_words(status: int, said: str, errors: list[str]) -> Iterator[str]:
    if status != 1:
        yield f"the exit status is {status}, not 1"
    if len(errors) != 1:
        yield f"there are {len(errors)} errors, not one: {said[-500:]}"
    elif not any(remedy in errors[0] for remedy in REMEDIES):
        yield "the error names no remedy"
    if "Traceback" in said:
        yield f"an internal fault shows: {said[-500:]}"


def _half_files(run: Path) -> Iterator[str]:
    """What is under its final name and cannot be read whole."""
    for path in run.rglob("*"):
        try:
            if path.suffix == ".caffemodel":
                read_caffemodel(path)
            elif path.suffix == ".solverstate":
                read_binary(path, caffe_pb2.SolverState)
            elif path.suffix == ".json" and path.is_relative_to(run / "records"):
                read_record(run / "records", path.relative_to(run / "records").as_posix().removesuffix(".json"))
        except (CaffeError, LayerhintError) as error:
            yield f"{path} is not whole: {error}"


def table_of(points: list[Point], number: int, limited: bool) -> str:
    """The campaign as a Markdown page."""
    what = "no file larger than" if limited else "size of the disk"
    arguments = f"{number} --limit" if limited else str(number)
    lines = [
        "# Full disk",
        "",
        f"`python tests/campaign/full_disk.py {arguments}`, {made()}. At each point the run "
        "ended with status 1 and one error, left no half-written file, and, with room, ended as the undisturbed run:",
        "",
        f"| {what} (bytes) | stopped at | what it said | faults |",
        "|---:|---|---|---:|",
    ]
    for point in points:
        error = re.sub(r"\S*/disk/", "", point.error.removeprefix("error: ")).replace("|", "/")
        lines.append(f"| {point.size:,} | {point.step} | {error} | {len(point.faults)} |")
    faults = [f"- {point.size}: {fault}" for point in points for fault in point.faults]
    if faults:
        lines[2] = f"`python tests/campaign/full_disk.py {arguments}`, {made()}, with faults:"
    return "\n".join([*lines, *(["", *faults] if faults else [])]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
