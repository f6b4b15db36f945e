"""The commands that make a result again."""

import shlex
from collections.abc import Iterable, Iterator

from layerhint.report.experiments import ExperimentRecord
from layerhint.report.trained import Trained

AGAIN = "runs/again"


def driver_command(experiment: ExperimentRecord, trained: Trained) -> str:
    """The driver's command line that trains all that this training needs, and itself, in a folder of its own."""
    return _line(
        ["python", "tools/run_pipeline.py", *_asked(experiment), *_row(experiment, trained), *_engine(trained)]
    )


def surgery_command(file: str) -> str:
    """Puts the initial caffemodel together."""
    return _line(["python", "tools/net_surgery.py", file])


def by_hand(solver: str, weights: str | None) -> str:
    """Trains with Caffe's own command; the initial caffemodel must be there."""
    return _line(["caffe", "train", "-solver", solver, *(["-weights", weights] if weights else [])])


def _asked(experiment: ExperimentRecord) -> Iterator[str]:
    yield experiment.file or experiment.name.partition("@")[0]
    if experiment.profile != "paper":
        yield from ("--profile", experiment.profile)
    if experiment.scale != 1:
        yield from ("--scale", f"{experiment.scale:g}")
    for name, value in experiment.overrides.items():
        yield from ("--set", f"{name}={','.join(map(str, value)) if isinstance(value, list) else value}")


def _row(experiment: ExperimentRecord, trained: Trained) -> Iterator[str]:
    """The method that the training is part of, any for a plain net, and as many of its nets as are needed."""
    everything = (*experiment.methods, *(experiment.against.methods if experiment.against else ()))
    rows = [row for row in everything if trained.id in row.trainings]
    for row in (rows or experiment.methods)[:1]:
        yield from ("--methods", row.method, "--nets", str(row.nets_for(trained.id)))
    if experiment.independent_stage1:
        yield "--independent-stage1"


def _engine(trained: Trained) -> Iterator[str]:
    if trained.engine.get("name") == "caffe":
        yield from ("--engine", "caffe")
    if trained.precision != "float32":
        yield from ("--precision", trained.precision)
    yield from ("--out", AGAIN)


def _line(words: Iterable[str]) -> str:
    return " ".join(map(shlex.quote, words))
