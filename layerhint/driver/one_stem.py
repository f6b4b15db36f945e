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
    known = (record_before(workspace.records, name) for name in experiment_names(workspace.records))
    files = [Path(record.file) for record in known if record is not None and record.file is not None]
    for own in (Path(experiment.file) for experiment in experiments if experiment.is_own):
        for file in files:
            if file.stem == own.stem and absolute(file) != absolute(own) and file.is_file():
                raise LayerhintError(
                    f"{own}: its runs would go to {workspace.folder}, where those of {file} are: give the file another "
                    "name, or the run another folder with --out"
                )
