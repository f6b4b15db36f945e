"""One run of the benchmarks, from random images to results."""

import platform
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.case import Case
from benchmarks.children.gpu import gpu_name
from benchmarks.contender import TITLES, Contender, FastTorchcaffe, RealCaffe, contenders, why_no_real_caffe
from benchmarks.environment import blas_settings
from benchmarks.images import KINDS, Images, make_images
from benchmarks.interleave import Pace
from benchmarks.job import Job, prepare
from benchmarks.measure_database import measure_database
from benchmarks.measure_iterations import measure_iterations
from benchmarks.measure_lockstep import measure_lockstep
from benchmarks.measure_start_up import measure_start_up
from benchmarks.measured import LOCKSTEP, Conditions, Database, Iterations, Measured, StartUp, Together
from benchmarks.report.numbers import ABSENT, plain
from benchmarks.setting import Setting
from layerhint.errors import LayerhintError
from layerhint.files import make_folder
from layerhint.machine import describe_machine
from layerhint.paths import ROOT
from torchcaffe.errors import CaffeError

ITERATIONS, START_UP, DATA = "iterations", "start-up", "data"
PARTS = (ITERATIONS, LOCKSTEP, START_UP, DATA)
GPU_PARTS = (ITERATIONS, LOCKSTEP, START_UP)
"""Without `DATA`, since it is the CPU that reads LMDBs."""
INTERRUPTED = "interrupted"
_LOCKSTEP_NETS = ("kd-26-14", "mnist-kd-32-8")
_START_UP_NETS = ("plain-8", "plain-26", "mnist-plain-8")
_START_UP_ROUNDS = 3
_RECORDS = 10_000
NETS = 3
"""The paper's nets 1 to 3."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What to measure, and how: `engines` are keys, `parts` some of `PARTS`, `together` is the number of nets in
    lockstep."""

    cases: Sequence[Case]
    engines: Sequence[str]
    setting: Setting
    pace: Pace
    parts: Sequence[str] = PARTS
    together: int = NETS


def run(plan: Plan, say: Say) -> Measured:
    """Runs the plan; calls `say` with a line before each measurement, and with its times.

    A failing engine or an interrupt ends the run early; the results so far are returned. Raises LayerhintError if the
    run cannot begin.
    """
    engines = contenders(plan.engines, plan.setting)
    conditions = _conditions(plan, engines)
    iterations: list[Iterations] = []
    together: list[Together] = []
    start_up: list[StartUp] = []
    databases: list[Database] = []
    ended_early = None
    make_folder(ROOT / "runs")
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=ROOT / "runs") as folder:
        try:
            images = _images(plan.cases, Path(folder), say)
            jobs = {case.name: prepare(case, images[case.images], Path(folder) / case.name) for case in plan.cases}
            for job in _part(jobs.values(), plan, ITERATIONS, say):
                iterations.append(measure_iterations(job, engines, plan.setting, plan.pace))
                say(f"  {_times(iterations[-1])}")
            fast = next((engine for engine in engines if isinstance(engine, FastTorchcaffe)), None)
            for job in _part([jobs[name] for name in _LOCKSTEP_NETS if name in jobs and fast], plan, LOCKSTEP, say):
                assert fast is not None
                together.append(measure_lockstep(job, plan.together, fast, plan.pace))
            for job in _part([jobs[name] for name in _START_UP_NETS if name in jobs], plan, START_UP, say):
                start_up.append(measure_start_up(job, engines, _START_UP_ROUNDS))
            for job in _part(_one_a_kind(jobs), plan, DATA, say):
                databases.append(measure_database(job, engines, plan.pace))
        except (LayerhintError, CaffeError) as error:
            ended_early = str(error)
        except KeyboardInterrupt:
            ended_early = INTERRUPTED
    titles = {key: title for key, title in TITLES.items() if key in plan.engines}
    return Measured(
        conditions, titles, tuple(iterations), tuple(start_up), tuple(databases), tuple(together), ended_early
    )


def _images(cases: Sequence[Case], folder: Path, say: Say) -> dict[str, Images]:
    made = {}
    for name in dict.fromkeys(case.images for case in cases):
        say(f"{_RECORDS:,} images of {KINDS[name].title}'s size")
        made[name] = make_images(KINDS[name], folder / "images" / name, _RECORDS)
    return made


def _times(found: Iterations) -> str:
    return "; ".join(f"{TITLES[key]}: {plain(found.milliseconds(key).median)} ms" for key in found.seconds)


def _part(jobs: Iterable[Job], plan: Plan, part: str, say: Say) -> Iterator[Job]:
    """Yields the jobs of a part, if the plan has it, and announces each by `say`."""
    for job in jobs if part in plan.parts else ():
        say(f"{part}: {job.case.name}, {job.case.title}")
        yield job


def _one_a_kind(jobs: Mapping[str, Job]) -> list[Job]:
    """One job for each kind of images."""
    return list({job.case.images: job for job in reversed(list(jobs.values()))}.values())[::-1]


def _system() -> str:
    """The system, its kernel's version and the C library: `Linux 6.1, glibc 2.36`."""
    kernel = ".".join(platform.release().split(".")[:2])
    return ", ".join(filter(None, [f"{platform.system()} {kernel}", " ".join(platform.libc_ver()).strip()]))


def _conditions(plan: Plan, engines: Sequence[Contender]) -> Conditions:
    versions = {engine.key: engine.version for engine in engines}
    if RealCaffe.key in plan.engines and RealCaffe.key not in versions:
        versions[RealCaffe.key] = f"{ABSENT}; {why_no_real_caffe(plan.setting.on_gpu)}"
    return Conditions(
        date=datetime.now(UTC).date().isoformat(),
        machine=describe_machine(),
        gpu=gpu_name(int(plan.setting.gpu)) if plan.setting.on_gpu else None,
        setting=plan.setting,
        system=_system(),
        python=platform.python_version(),
        engines=versions,
        blas_settings=blas_settings(),
        rounds=plan.pace.rounds,
        turn=plan.pace.turn,
    )
