"""Turns records into the text of their files, and back."""

import json
from collections.abc import Mapping
from typing import Any

from layerhint.errors import LayerhintError
from layerhint.records.experiment_description import ExperimentDescription
from layerhint.records.finished import HEAD, Finished, Result, finished_from
from layerhint.records.kinds import EXPERIMENT, NOTES, RESULTS
from layerhint.records.notes import Failed, Pending, Started
from layerhint.validation import nearest, validated
from layerhint.yaml_io import describe

SCHEMA = 2

Record = Finished[Result] | ExperimentDescription | Started | Failed | Pending


def text_of(record_id: str, record: Record) -> str:
    """The text of a record's file."""
    kind = {"kind": record.kind} if isinstance(record, Started | Failed | Pending) else {}
    return json.dumps({"schema": SCHEMA, "id": record_id, **kind, **record.as_json()}, indent=1) + "\n"


def record_from(record_id: str, content: Mapping[str, Any]) -> Record:
    """The record whose text `text_of` gave, from the values in that text.

    Raises LayerhintError, which names the key, where one is missing, unknown or of another type.
    """
    for key in HEAD:
        if key not in content:
            raise LayerhintError(f"key `{key}` is missing")
    if content["id"] != record_id:
        raise LayerhintError(f"it is the record of {describe(content['id'])}")
    kind = content["kind"] if isinstance(content["kind"], str) else ""
    if kind in RESULTS:
        return finished_from(record_id, content, RESULTS[kind])
    said = {key: value for key, value in content.items() if key not in HEAD}
    if kind in NOTES:
        return validated(NOTES[kind], said, f"of the kind '{kind}'", named=False)
    if kind == EXPERIMENT:
        return validated(ExperimentDescription, {"kind": kind, **said}, f"of the kind '{kind}'", named=False)
    raise LayerhintError(
        f"unknown kind, {describe(content['kind'])}{nearest(kind[:60], (EXPERIMENT, *RESULTS, *NOTES))}"
    )
