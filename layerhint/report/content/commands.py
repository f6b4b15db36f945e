"""The commands that make a result again."""

import shlex
from collections.abc import Iterable, Iterator
from typing import Any

import yaml

from layerhint.records.experiment_description import ExperimentDescription
from layerhint.records.training import TrainingResult
from layerhint.report.reading.trained import Trained

AGAIN = "runs/again"
FLOAT32 = "float32"


def driver_command(experiment: ExperimentDescription, trained: Trained, teacher: str = "") -> str:
    """The driver's command line for a training and all that it needs, in a folder of its own.

    `teacher` is the caffemodel of a teacher that was not trained.
    """
    given = ["--teacher-from", teacher] if teacher else []
    options = (*_asked(experiment), *_row(experiment, trained.id), *given, *_engine(trained.result))
    return _line(["python", "tools/run_pipeline.py", *options])


def surgery_command(file: str) -> str:
    """The command that puts the initial caffemodel together."""
    return _line(["python", "tools/net_surgery.py", file])


def by_hand(solver: str, weights: str | None, precision: str = FLOAT32) -> str:
    """The command that trains with Caffe's own program; the initial caffemodel must be there."""
    start = ["-weights", weights] if weights else []
    faster = ["-precision", precision] if precision != FLOAT32 else []
    return _line(["caffe", "train", "-solver", solver, *start, *faster])


def _asked(experiment: ExperimentDescription) -> Iterator[str]:
    yield experiment.file or experiment.base_name
    if experiment.profile != "paper":
        yield from ("--profile", experiment.profile)
    if experiment.scale != 1:
        yield from ("--scale", repr(experiment.scale).removesuffix(".0"))
    for name, value in experiment.overrides.items():
        yield from ("--set", f"{name}={_yaml(value)}")


def _yaml(value: Any) -> str:
    """A value as `--set` reads it: a YAML scalar or a [list], on one line."""
    text = yaml.safe_dump(value, default_flow_style=True, width=10**9)
    return text.removesuffix("...\n").rstrip("\n")


def _row(experiment: ExperimentDescription, training: str) -> Iterator[str]:
    """The options for the training's method (any method for a plain net), and for as many of its nets as it needs."""
    everything = (*experiment.methods, *(experiment.against.methods if experiment.against else ()))
    rows = [row for row in everything if training in row.trainings]
    for row in (rows or experiment.methods)[:1]:
        yield from ("--methods", row.method, "--nets", str(row.nets_for(training)))
    if experiment.independent_stage1:
        yield "--independent-stage1"


def _engine(result: TrainingResult) -> Iterator[str]:
    if result.engine.get("name") == "caffe":
        yield from ("--engine", "caffe")
    if result.precision != FLOAT32:
        yield from ("--precision", result.precision)
    yield from ("--out", AGAIN)


def _line(words: Iterable[str]) -> str:
    return " ".join(map(shlex.quote, words))
