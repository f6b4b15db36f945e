"""One process for several trainings."""

import contextlib
from collections.abc import Sequence
from pathlib import Path

from layerhint.caffe_command import ERROR
from layerhint.files import naming
from layerhint.steps.follow import follow
from layerhint.steps.running_training import RunningTraining
from layerhint.steps.step import Context
from layerhint.steps.watch import printed


def train_together(trainings: Sequence[RunningTraining], log: Path, context: Context) -> bool:
    """Starts one process for all trainings, each from its furthest snapshot, and follows them until it has ended.

    Args:
        log: where the process prints what belongs to no training; it is begun anew.

    Returns:
        Whether the process was stopped because a training failed. The others can go on then, in another process.

    Raises:
        StoppedError: on Ctrl-C, when all have stopped with snapshots.
    """
    starts = [training.start() for training in trainings]
    with naming(log):
        log.unlink(missing_ok=True)
    process = context.engine.train_in_lockstep(starts, log)
    stopped = follow(process, trainings, context)
    if process.returncode != 0 and not stopped:
        _pass_on_errors(log, trainings)
    return stopped


def _pass_on_errors(log: Path, trainings: Sequence[RunningTraining]) -> None:
    """Adds the errors of the process to the log of each training that has none of its own."""
    errors = _errors(printed(log, 0))
    for training in trainings:
        if not _errors(training.printed()):
            with contextlib.suppress(OSError), training.files.log.open("a", encoding="utf-8") as file:
                file.writelines(f"{line}\n" for line in errors)


def _errors(lines: Sequence[str]) -> list[str]:
    return [line for line in lines if line.startswith(ERROR)]
