"""What each step leaves for the driver and the report: one JSON file, written beside and renamed."""

import json
from pathlib import Path
from typing import Any

from layerhint.errors import LayerhintError
from layerhint.files import write_text

SCHEMA = 1
STARTED = ".started"
"""A step that has begun has a record under its id and this word, until it is done."""


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
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise LayerhintError(f"cannot read the record {path}: {error.strerror}") from None
    try:
        record = json.loads(text)
    except ValueError as error:
        raise LayerhintError(f"{path} is damaged ({error}). Delete it: its step is then done again") from None
    if not isinstance(record, dict) or record.get("schema") != SCHEMA:
        raise LayerhintError(
            f"{path} has another schema than {SCHEMA}, or none. Delete it: its step is then done again"
        )
    return record


def remove_record(folder: Path, step_id: str) -> None:
    """Forgets a step."""
    record_path(folder, step_id).unlink(missing_ok=True)
