"""What a training takes along to another machine."""

from pathlib import Path

from layerhint.records import ids
from layerhint.records.records import record_path
from layerhint.steps.training_files import TrainingFiles


def files_to_send(files: TrainingFiles, kept: str | None) -> tuple[Path, ...]:
    """What it starts or goes on from: its last snapshot, or its end, if that only has to be looked at.

    `kept` is the caffemodel whose weights it holds frozen.
    """
    progress, ended = files.progress, files.has_ended
    found = [files.initial, Path(kept) if kept else None]
    found.append(record_path(files.workspace.records, ids.started(files.training.id)))
    if progress.snapshot:
        state = Path(progress.snapshot)
        found += [state.with_suffix(".caffemodel"), state]
    if ended:
        found.append(files.final)
    if progress.snapshot or ended:
        found.append(files.log)
    return tuple(path for path in found if path is not None)
