"""Decides whether a training goes on from the files of an earlier stint, or begins anew."""

from dataclasses import asdict

from layerhint.records import fingerprint
from layerhint.records.notes import Started
from layerhint.records.records import read_finished, read_started, write_started
from layerhint.steps.step import Context
from layerhint.steps.stints import Spent
from layerhint.steps.training_files import TrainingFiles


def begin_training(files: TrainingFiles, inputs: dict[str, str], context: Context) -> None:
    """Sets aside the files of a training that had other inputs, and notes the inputs of this one."""
    records, step_id = context.workspace.records, files.training.id
    started = read_started(records, step_id)
    last = started or read_finished(records, step_id)
    if last is not None and last.inputs != inputs:
        for path in files.set_aside():
            context.display.say(f"  set aside, made from other inputs: {path}")
        files.log.unlink(missing_ok=True)
        started = None
    elif started is None and _was_replaced(files):
        files.log.unlink(missing_ok=True)  # It is the log of another caffemodel.
    write_started(records, step_id, Started(inputs=inputs, **asdict(Spent.of(started))))


def _was_replaced(files: TrainingFiles) -> bool:
    """Whether the final caffemodel is not the one in the step's record, because a person trained it anew."""
    record = read_finished(files.workspace.records, files.training.id)
    final = fingerprint.of_file(files.final)
    return record is not None and final != fingerprint.MISSING and record.outputs != {str(files.final): final}
