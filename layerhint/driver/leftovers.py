"""What a driver that was killed left in its run's folder, removed by the next one."""

from pathlib import Path

from layerhint.files import remove_leftovers
from layerhint.records.records import STARTED, read_record, remove_record
from layerhint.steps.workspace import Workspace


def tidy(workspace: Workspace) -> None:
    """Removes temporary files, and the note that a step was begun where its record shows it done.

    For whoever holds the lock of the run's folder.
    """
    layout = workspace.layout
    folders = {workspace.folder, *map(Path, (layout.generated, layout.weights, layout.data))}
    remove_leftovers(sorted(folder for folder in folders if folder.is_dir()))
    for path in sorted(workspace.records.rglob(f"*{STARTED}.json")):
        step_id = path.relative_to(workspace.records).as_posix().removesuffix(f"{STARTED}.json")
        record, started = (read_record(workspace.records, name) for name in (step_id, step_id + STARTED))
        if record is not None and started is not None and record["inputs"] == started["inputs"]:
            remove_record(workspace.records, step_id + STARTED)
