"""How far a training got: its caffemodels and solverstates, by iteration."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from layerhint.files import naming
from torchcaffe.errors import CaffeError
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.binary import read_binary, read_caffemodel


@dataclass(frozen=True)
class Progress:
    """The iteration a training has reached, and the solverstate to go on from (None at the beginning)."""

    iteration: int
    snapshot: str | None = None


def find_progress(prefix: Path, max_iter: int, initial: Path | None) -> Progress:
    """The furthest whole snapshot, caffemodel and solverstate, under a snapshot prefix.

    One that is older than the initial weights is not meant. A real Caffe that was killed may have left half a file
    under its final name: each is read.
    """
    for iteration, model in _since(prefix, max_iter, initial):
        state = model.with_suffix(".solverstate")
        if _is_state(state, iteration) and _is_model(model):
            return Progress(iteration, str(state))
    return Progress(0)


def has_ended(prefix: Path, max_iter: int, initial: Path | None) -> bool:
    """Whether the final caffemodel is there and whole, and no older than the initial weights."""
    return any(iteration == max_iter and _is_model(model) for iteration, model in _since(prefix, max_iter, initial))


def set_aside(prefix: Path) -> list[Path]:
    """Moves a training's snapshots into the folder `replaced` beside them; gives their new paths."""
    moved = []
    for _, model in _snapshots(prefix):
        # The state first: without it a caffemodel is found again, should this be cut short between the two.
        for path in (model.with_suffix(".solverstate"), model):
            if path.is_file():
                folder = path.parent / "replaced"
                with naming(folder / path.name):
                    folder.mkdir(exist_ok=True)
                    moved.append(path.replace(folder / path.name))
    return moved


def _since(prefix: Path, max_iter: int, initial: Path | None) -> Iterator[tuple[int, Path]]:
    """The snapshots that are no older than the initial weights, the furthest first."""
    oldest = initial.stat().st_mtime_ns if initial is not None and initial.is_file() else 0
    for iteration, model in sorted(_snapshots(prefix), reverse=True):
        if iteration <= max_iter and model.stat().st_mtime_ns >= oldest:
            yield iteration, model


def _snapshots(prefix: Path) -> list[tuple[int, Path]]:
    models = prefix.parent.glob(f"{prefix.name}_iter_*.caffemodel")
    found = ((re.fullmatch(re.escape(prefix.name) + r"_iter_(\d+)\.caffemodel", m.name), m) for m in models)
    return [(int(name[1]), model) for name, model in found if name]


def _is_state(path: Path, iteration: int) -> bool:
    try:
        return read_binary(path, caffe_pb2.SolverState).iter == iteration
    except CaffeError:
        return False


def _is_model(path: Path) -> bool:
    try:
        return any(layer.blobs for layer in read_caffemodel(path).layer)
    except CaffeError:
        return False
