"""Two files with one stem have one folder for their runs, in which each would replace the other's steps."""

from collections.abc import Sequence
from pathlib import Path

from layerhint.driver.widened import record_before
from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import Experiment
from layerhint.paths import absolute
from layerhint.records.records import experiment_names
from layerhint.steps.workspace import Workspace


def check_stem(experiments: Sequence[Experiment], workspace: Workspace) -> None:
    """Raises LayerhintError where the folder has runs of another file of that stem, which is still there."""
    own = [Path(experiment.file) for experiment in experiments if experiment.is_own]
    names = experiment_names(workspace.records) if own else []
    known = (record_before(workspace.records, name) for name in names)
    for file in (Path(record.file) for record in known if record is not None and record.file is not None):
        for mine in own:
            if file.stem == mine.stem and absolute(file) != absolute(mine) and file.is_file():
                raise LayerhintError(
                    f"{mine}: its runs would go to {workspace.folder}, where those of {file} are: give the file "
                    "another name, or the run another folder with --out"
                )
