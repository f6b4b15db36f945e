"""How far a training got: its caffemodels and solverstates, by iteration."""

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Progress:
    """The iteration a training has reached, and the solverstate to go on from (None at either end)."""

    iteration: int
    snapshot: str | None = None


def find_progress(prefix: Path, max_iter: int, initial: Path | None) -> Progress:
    """The furthest whole snapshot under a snapshot prefix that is no older than the initial weights."""
    oldest = initial.stat().st_mtime_ns if initial is not None and initial.is_file() else 0
    best = Progress(0)
    for model in _snapshots(prefix):
        iteration = _iteration(prefix, model)
        if iteration is None or iteration > max_iter or model.stat().st_mtime_ns < oldest:
            continue
        state = model.with_suffix(".solverstate")
        if iteration == max_iter:
            return Progress(iteration)
        if state.is_file() and iteration > best.iteration:
            best = Progress(iteration, str(state))
    return best


def set_aside(prefix: Path) -> list[Path]:
    """Moves a training's snapshots into the folder `replaced` beside them; gives their new paths."""
    moved = []
    for model in _snapshots(prefix):
        for path in (model, model.with_suffix(".solverstate")):
            if path.is_file():
                folder = path.parent / "replaced"
                folder.mkdir(exist_ok=True)
                moved.append(path.replace(folder / path.name))
    return moved


def _snapshots(prefix: Path) -> list[Path]:
    return sorted(prefix.parent.glob(f"{prefix.name}_iter_*.caffemodel"))


def _iteration(prefix: Path, model: Path) -> int | None:
    found = re.fullmatch(re.escape(prefix.name) + r"_iter_(\d+)\.caffemodel", model.name)
    return int(found[1]) if found else None
