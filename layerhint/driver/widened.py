"""An experiment's record where a run has only some of its rows: those of earlier runs in its folder stay."""

import json
from pathlib import Path
from typing import Any

from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import Experiment, load_experiment
from layerhint.records.drawn_nets import DrawnNets
from layerhint.records.experiment_description import DescribedMethod, ExperimentDescription
from layerhint.records.records import read_experiment

_NOT_SETTINGS = {"methods", "nets", "against", "claims", "comparisons"}
"""What may differ between records of one experiment under one setting: its rows, and what is asked about them."""


def record_before(records: Path, name: str) -> ExperimentDescription | None:
    """The record of an experiment's last run; none where it is damaged: it is about to be written anew."""
    try:
        return read_experiment(records, name)
    except LayerhintError:
        return None


def widened(
    new: ExperimentDescription, before: ExperimentDescription | None, experiment: Experiment
) -> ExperimentDescription:
    """The new record with the rows that it lacks and the one before it has, each with as many nets as either says.

    The one before counts if it is of the same experiment under the same settings; otherwise the new one stays as it is.
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
    """As they are read again."""
    said = {key: value for key, value in record.as_json().items() if key not in _NOT_SETTINGS}
    settings: dict[str, Any] = json.loads(json.dumps(said))
    return settings


def _nets(row: DescribedMethod) -> tuple[int, int]:
    return len(row.nets), len(row.stage1_of_others)


def _drawn(new: DrawnNets, before: DrawnNets) -> DrawnNets:
    """A net is drawn as far as either has it."""
    return DrawnNets(
        teacher=max(new.teacher, before.teacher, key=len),
        student=max(new.student, before.student, key=len),
        pairs={**before.pairs, **new.pairs},
    )
