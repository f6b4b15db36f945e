"""A run's records on disk: one JSON file for each, written beside and renamed."""

import json
from pathlib import Path
from typing import TypeVar

from layerhint.errors import LayerhintError
from layerhint.files import write_text
from layerhint.records import ids
from layerhint.records.experiment_description import ExperimentDescription
from layerhint.records.finished import Finished, Result
from layerhint.records.json_form import SCHEMA, Record, record_from, text_of
from layerhint.records.notes import Failed, Pending, Started

LIMIT = 64 << 20
"""The largest size of a record in bytes; that of a training of the paper has some 100,000."""

_OF_A_STEP = "If another version of this program wrote it, take that; else delete it: its step is then done again"
_OF_AN_EXPERIMENT = (
    "If another version of this program wrote it, take that; else delete it and run the experiment again: the driver "
    "then writes it anew"
)

R = TypeVar("R", ExperimentDescription, Started, Failed)


def record_path(folder: Path, record_id: str) -> Path:
    """Where a record lies: `<folder>/<id>.json`."""
    return folder / f"{record_id}.json"


def record_ids(folder: Path) -> list[str]:
    """The ids of all records in a folder, in the order of their paths."""
    return [path.relative_to(folder).as_posix().removesuffix(".json") for path in sorted(folder.rglob("*.json"))]


def finished_ids(folder: Path) -> list[str]:
    """The ids of the finished steps' records in a folder."""
    return [i for i in record_ids(folder) if not ids.is_note(i) and not ids.is_experiment(i)]


def experiment_names(folder: Path) -> list[str]:
    """The names of the experiments that have a record in a folder."""
    return [ids.name_of_experiment(i) for i in record_ids(folder) if ids.is_experiment(i)]


def write_finished(folder: Path, record: Finished[Result]) -> None:
    """Writes the record of a finished step. Like all functions here, it replaces the old file in one step."""
    _write(folder, record.id, record)


def write_experiment(folder: Path, described: ExperimentDescription) -> None:
    """Writes an experiment's record."""
    _write(folder, ids.experiment(described.name), described)


def write_started(folder: Path, step_id: str, note: Started) -> None:
    """Notes that a step was begun."""
    _write(folder, ids.started(step_id), note)


def write_failed(folder: Path, step_id: str, note: Failed) -> None:
    """Notes that a step failed by itself."""
    _write(folder, ids.failed(step_id), note)


def write_pending(folder: Path, step_id: str, note: Pending) -> None:
    """Notes that a step has to be done again."""
    _write(folder, ids.pending(step_id), note)


def read_finished(folder: Path, step_id: str) -> Finished[Result] | None:
    """The record of a finished step, or None if there is none. All functions here raise as `read_record` does."""
    record = read_record(folder, step_id)
    if record is not None and not isinstance(record, Finished):
        raise _misplaced(folder, step_id)
    return record


def read_experiment(folder: Path, name: str) -> ExperimentDescription | None:
    """The record of an experiment, or None if there is none."""
    return _read_as(ExperimentDescription, folder, ids.experiment(name))


def read_started(folder: Path, step_id: str) -> Started | None:
    """The note that a step was begun, or None if there is none."""
    return _read_as(Started, folder, ids.started(step_id))


def read_failed(folder: Path, step_id: str) -> Failed | None:
    """The note that a step failed by itself, or None if there is none."""
    return _read_as(Failed, folder, ids.failed(step_id))


def is_past(folder: Path, step_id: str) -> bool:
    """Whether a step's record is outdated: the step has to be done again, since something has changed."""
    return record_path(folder, ids.pending(step_id)).is_file()


def remove_record(folder: Path, record_id: str) -> None:
    """Removes a record's file."""
    record_path(folder, record_id).unlink(missing_ok=True)


def read_record(folder: Path, record_id: str) -> Record | None:
    """Any record, or None if there is none.

    Raises LayerhintError for one that cannot be understood; the message names the file and what is wrong in it.
    """
    path = record_path(folder, record_id)
    try:
        if path.stat().st_size > LIMIT:
            raise _damaged(folder, record_id, f"it is larger than {LIMIT >> 20} MiB")
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LayerhintError(f"cannot read the record {path}: {error.strerror}") from None
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _damaged(folder, record_id, str(error)) from None
    schema = content.get("schema") if isinstance(content, dict) else None
    if schema != SCHEMA:
        found = f"has schema {str(schema)[:60]}" if schema is not None else "has no schema"
        raise LayerhintError(
            f"{path} {found}, and this program reads schema {SCHEMA}. Take the program that wrote it, or delete it: "
            "its step is then done again"
        )
    try:
        return record_from(record_id, content)
    except LayerhintError as error:
        raise _damaged(folder, record_id, str(error)) from None


def _read_as(wanted: type[R], folder: Path, record_id: str) -> R | None:
    record = read_record(folder, record_id)
    if record is not None and not isinstance(record, wanted):
        raise _misplaced(folder, record_id)
    return record


def _write(folder: Path, record_id: str, record: Record) -> None:
    write_text(record_path(folder, record_id), text_of(record_id, record))


def _misplaced(folder: Path, record_id: str) -> LayerhintError:
    return _damaged(folder, record_id, "it is a record of another kind than its name says")


def _damaged(folder: Path, record_id: str, why: str) -> LayerhintError:
    remedy = _OF_AN_EXPERIMENT if ids.is_experiment(record_id) else _OF_A_STEP
    return LayerhintError(f"{record_path(folder, record_id)} is damaged ({why}). {remedy}")
