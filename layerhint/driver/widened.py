"""Keeps the rows of a folder's earlier runs in an experiment's record when a run has only some of its rows."""

import json
from pathlib import Path
from typing import Any

from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import Experiment, load_experiment
from layerhint.records.drawn_nets import DrawnNets
from layerhint.records.experiment_description import DescribedMethod, ExperimentDescription
from layerhint.records.records import read_experiment

_NOT_SETTINGS = {"methods", "nets", "against", "claims", "comparisons"}
"""Keys that may differ between records of one experiment under one setting: its rows, and the claims about them."""


def record_before(records: Path, name: str) -> ExperimentDescription | None:
    """The record of an experiment's last run; None if there is none or it is damaged, as it is about to be replaced."""
    try:
        return read_experiment(records, name)
    except LayerhintError:
        return None


def widened(
    new: ExperimentDescription, before: ExperimentDescription | None, experiment: Experiment
) -> ExperimentDescription:
    """Returns the new record with the rows that only the earlier one has; each row has the larger number of nets.

    If the earlier record is missing, or of other settings, the new one is returned as it is.
    """
    if before is None or _settings(new) != _settings(before):
        return new
    rows: dict[str, DescribedMethod] = {}
    for row in (*before.methods, *new.methods):
        rows[row.method] = max(row, rows.get(row.method, row), key=_nets)
    order = load_experiment(Path(experiment.file)).methods
    wider: dict[str, Any] = {"methods": tuple(rows[method] for method in order if method in rows)}
    if new.nets is not None and before.nets is not None:
        wider["nets"] = _drawn(new.nets, before.nets)
    if experiment.against is not None and new.against is not None:
        wider["against"] = widened(new.against, before.against, experiment.against)
    return new.model_copy(update=wider)


def _settings(record: ExperimentDescription) -> dict[str, Any]:
    """The parts of a record that must agree, as JSON gives them back."""
    content = {key: value for key, value in record.as_json().items() if key not in _NOT_SETTINGS}
    settings: dict[str, Any] = json.loads(json.dumps(content))
    return settings


def _nets(row: DescribedMethod) -> tuple[int, int]:
    return len(row.nets), len(row.stage1_of_others)


def _drawn(new: DrawnNets, before: DrawnNets) -> DrawnNets:
    """For each net the longer of its two drawings, and the pairs of both records."""
    return DrawnNets(
        teacher=max(new.teacher, before.teacher, key=len),
        student=max(new.student, before.student, key=len),
        pairs={**before.pairs, **new.pairs},
    )
