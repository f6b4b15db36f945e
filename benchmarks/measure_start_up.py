"""Measures how long an engine takes from nothing to the end of its first iteration."""

import subprocess
import time
from collections.abc import Sequence

from benchmarks.contender import Contender
from benchmarks.job import Job
from benchmarks.measured import StartUp
from layerhint.errors import LayerhintError
from layerhint.process_end import how_it_ended


def measure_start_up(job: Job, engines: Sequence[Contender], rounds: int) -> StartUp:
    """Runs whole processes of one iteration, in turn. Raises LayerhintError where one fails."""
    seconds: dict[str, list[float]] = {engine.key: [] for engine in engines}
    for _ in range(rounds):
        for engine in engines:
            seconds[engine.key].append(_whole_process(engine, job))
    return StartUp(
        job.case.name, job.case.title, job.images.kind.title, {key: tuple(times) for key, times in seconds.items()}
    )


def _whole_process(engine: Contender, job: Job) -> float:
    words, stdin = engine.start(job)
    start = time.perf_counter()
    done = subprocess.run(
        words, input=stdin, capture_output=True, text=True, env=engine.environment(), check=False, errors="replace"
    )
    seconds = time.perf_counter() - start
    if done.returncode:
        why = how_it_ended(done.returncode, done.stderr.splitlines())
        raise LayerhintError(f"{engine.title}, one iteration of {job.case.name}: {why}")
    return seconds
