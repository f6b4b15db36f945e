"""Removes what a killed driver left in its run's folder."""

from pathlib import Path

from layerhint.files import remove_leftovers
from layerhint.records import ids
from layerhint.records.records import read_finished, read_started, record_ids, remove_record
from layerhint.steps.workspace import Workspace


def tidy(workspace: Workspace) -> None:
    """Removes temporary files, and notes that a step was begun if its record shows it done.

    The caller must hold the lock of the run's folder.
    """
    layout = workspace.layout
    folders = {workspace.folder, *map(Path, (layout.generated, layout.weights, layout.data))}
    remove_leftovers(sorted(folder for folder in folders if folder.is_dir()))
    records = workspace.records
    for step_id in filter(None, map(ids.begun_step, record_ids(records))):
        record, started = read_finished(records, step_id), read_started(records, step_id)
        if record is not None and started is not None and record.inputs == started.inputs:
            remove_record(records, ids.started(step_id))
