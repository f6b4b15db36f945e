"""Measures the iterations of a training in all engines, and the machine's rates between their turns."""

import os
import sys
from collections.abc import Sequence
from typing import Any

from benchmarks.child import Command
from benchmarks.contender import Contender
from benchmarks.environment import for_child
from benchmarks.floors import count_work
from benchmarks.interleave import Pace, interleave
from benchmarks.job import Job
from benchmarks.lesson import lesson_of_recipe
from benchmarks.measured import MACHINE, Iterations
from benchmarks.pytorch.recipe import Recipe
from benchmarks.setting import Setting


def measure_iterations(job: Job, engines: Sequence[Contender], setting: Setting, pace: Pace) -> Iterations:
    """Has the engines train in turn. Raises LayerhintError if one fails."""
    environment = for_child(os.environ, setting.threads)
    machine = Command("the machine's rates", sys.executable, "machine", [setting.device], environment)
    commands = {engine.key: engine.training(job) for engine in engines}
    series = interleave({**commands, MACHINE: machine}, pace)
    rates: Sequence[Any] = series.pop(MACHINE).results
    work = count_work(job.net, job.images.kind.bytes_per_record)
    recipe = Recipe.read(job.recipe)
    return Iterations(
        name=job.case.name,
        title=job.case.title,
        images=job.images.kind.title,
        batch=recipe.batch,
        lesson=lesson_of_recipe(recipe),
        seconds={key: found.seconds for key, found in series.items()},
        peak_bytes={key: found.peak_bytes for key, found in series.items()},
        flops_rate=tuple(rate["flops"] for rate in rates),
        bytes_rate=tuple(rate["bytes"] for rate in rates),
        flops=work.flops,
        bytes=work.bytes,
    )
