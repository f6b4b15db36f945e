"""What each step leaves for the driver and the report: one JSON file, written beside and renamed."""

import json
from pathlib import Path
from typing import Any

from layerhint.errors import LayerhintError
from layerhint.files import write_text

STARTED = ".started"
FAILED = ".failed"
PENDING = ".pending"
"""What the ids of the records of a step that was begun, of one that failed by itself, and of one that has been done but
has to be done again end with."""

SCHEMA = 2


def of_finished(step_id: str) -> bool:
    """Whether a record of this id is that of a finished step."""
    return not step_id.endswith((STARTED, FAILED, PENDING))


def record_path(folder: Path, step_id: str) -> Path:
    """Where the record of a step lies: `<folder>/<step id>.json`."""
    return folder / f"{step_id}.json"


def write_record(folder: Path, step_id: str, content: dict[str, Any]) -> None:
    """Writes a step's record; the old one stays until the new one is whole."""
    text = json.dumps({"schema": SCHEMA, "id": step_id, **content}, indent=1)
    write_text(record_path(folder, step_id), text + "\n")


def read_record(folder: Path, step_id: str) -> dict[str, Any] | None:
    """A step's record, or None if there is none; `LayerhintError` for one that cannot be understood."""
    path = record_path(folder, step_id)
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LayerhintError(f"cannot read the record {path}: {error.strerror}") from None
    try:
        record = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise LayerhintError(f"{path} is damaged ({error}). Delete it: its step is then done again") from None
    schema = record.get("schema") if isinstance(record, dict) else None
    if schema != SCHEMA:
        found = f"has schema {schema}" if schema is not None else "has no schema"
        raise LayerhintError(
            f"{path} {found}, and this program reads schema {SCHEMA}. Take the program that wrote it, or delete it: "
            "its step is then done again"
        )
    return dict(record)


def is_past(folder: Path, step_id: str) -> bool:
    """Whether the record of a step is of the past: it has to be done again, since something has changed."""
    return record_path(folder, step_id + PENDING).is_file()


def remove_record(folder: Path, step_id: str) -> None:
    """Forgets a step."""
    record_path(folder, step_id).unlink(missing_ok=True)
