"""An experiment's record where a run has only some of its rows: those of earlier runs in its folder stay."""

import json
from pathlib import Path
from typing import Any

from layerhint.experiments.experiment import Experiment, load_experiment

_NOT_SETTINGS = {"schema", "id", "heading", "methods", "nets", "against", "claims", "comparisons"}
"""What may differ between records of one experiment under one setting: its rows, and what is asked about them."""

Record = dict[str, Any]


def widened(record: Record, before: Record | None, experiment: Experiment) -> Record:
    """The record with the rows that it lacks and the one before it has, each with as many nets as either says.

    The one before counts if it is of the same experiment under the same settings; otherwise the record stays as it is.
    """
    new: Record = json.loads(json.dumps(record))
    if before is None or _settings(new) != _settings(before):
        return record
    rows: dict[str, Record] = {}
    for row in (*before["methods"], *new["methods"]):
        rows[row["method"]] = max(row, rows.get(row["method"], row), key=_nets)
    order = load_experiment(Path(experiment.file)).methods
    wider = {**new, "methods": [rows[method] for method in order if method in rows]}
    wider["heading"] = max(new["heading"], before["heading"], key=len)  # It may tell of one of the methods.
    if "nets" in new and "nets" in before:
        wider["nets"] = _drawn(new["nets"], before["nets"])
    if experiment.against is not None and new["against"] is not None:
        wider["against"] = widened(new["against"], before["against"], experiment.against)
    return wider


def _settings(record: Record) -> Record:
    return {key: value for key, value in record.items() if key not in _NOT_SETTINGS}


def _nets(row: Record) -> tuple[int, int]:
    return len(row["nets"]), len(row["stage1_of_others"])


def _drawn(new: Record, before: Record) -> Record:
    """See `layerhint.driver.portrait`: a net is drawn as far as either has it."""
    nets = {part: max(new[part], before[part], key=len) for part in ("teacher", "student")}
    return {**nets, "pairs": {**before["pairs"], **new["pairs"]}}
