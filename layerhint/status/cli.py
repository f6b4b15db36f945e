"""`run_pipeline.py status [NAME or RUN_DIR]`: what a run is doing, from another terminal."""

from collections.abc import Iterable
from pathlib import Path

from rich.console import RenderableType

from layerhint.errors import LayerhintError
from layerhint.records.run_lock import owner
from layerhint.status.show import show_run, show_runs
from layerhint.status.state import RunState, read_status


def status_of(folder: Path) -> RenderableType:
    """The status of the run in a folder. `LayerhintError` where no driver has noted anything."""
    run = read_status(folder)
    if run is None:
        raise LayerhintError(f"no run has been started in {folder}, or it is not the folder of a run")
    return show_run(str(folder), run, owner(folder))


def status_of_all(runs: Path) -> RenderableType:
    """The status of every run below a folder; in full if there is but one, or one that a driver is at work on."""
    found = _found(sorted(path.parent for path in runs.glob("*/status.json")))
    if not found:
        raise LayerhintError(f"no run has been started in {runs}; name the folder of one with --out")
    at_work = [folder for folder, (_, holder) in found.items() if holder] or list(found)
    return status_of(Path(at_work[0])) if len(at_work) == 1 else show_runs(found)


def _found(folders: Iterable[Path]) -> dict[str, tuple[RunState, str | None]]:
    runs = {str(folder): (read_status(folder), owner(folder)) for folder in folders}
    return {folder: (run, holder) for folder, (run, holder) in runs.items() if run is not None}
