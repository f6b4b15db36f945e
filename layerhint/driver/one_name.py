"""Experiment files of the same name would share a folder, in which each would replace the other's steps."""

from collections.abc import Sequence
from pathlib import Path

from layerhint.driver.widened import record_before
from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import Experiment
from layerhint.paths import absolute
from layerhint.steps.workspace import Workspace


def check_name(experiments: Sequence[Experiment], workspace: Workspace) -> None:
    """Raises LayerhintError if the folder has runs of another file of the same name that still exists."""
    for experiment in experiments:
        before = record_before(workspace.records, experiment.name) if experiment.is_own else None
        mine, file = Path(experiment.file), Path(before.file) if before and before.file else None
        if file is not None and absolute(file) != absolute(mine) and file.is_file():
            raise LayerhintError(
                f"{mine}: its runs would go to {workspace.folder}, where those of {file} are: give the file another "
                "name, or the run another folder with --out"
            )
