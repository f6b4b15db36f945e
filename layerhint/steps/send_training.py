"""The files that a training needs on another machine."""

from pathlib import Path

from layerhint.records import ids
from layerhint.records.records import record_path
from layerhint.steps.training_files import TrainingFiles


def files_to_send(files: TrainingFiles, kept: str | None) -> tuple[Path, ...]:
    """The files that a training starts or goes on from; its final caffemodel, if it only has to be recorded.

    `kept` is the caffemodel whose weights the training holds frozen.
    """
    progress, ended = files.progress, files.has_ended
    paths = [files.initial, Path(kept) if kept else None]
    paths.append(record_path(files.workspace.records, ids.started(files.training.id)))
    if progress.snapshot:
        state = Path(progress.snapshot)
        paths += [state.with_suffix(".caffemodel"), state]
    if ended:
        paths.append(files.final)
    if progress.snapshot or ended:
        paths.append(files.log)
    return tuple(path for path in paths if path is not None)
