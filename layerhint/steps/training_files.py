"""A training's files in a run, and how far they show that it has come."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from layerhint.files import naming
from layerhint.steps.workspace import Workspace
from layerhint.trainings.trainings import Training
from torchcaffe.errors import CaffeError
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.binary import read_binary, read_caffemodel


@dataclass(frozen=True)
class Progress:
    """The iteration a training has reached, and the solverstate to go on from (None at the beginning)."""

    iteration: int
    snapshot: str | None = None


@dataclass(frozen=True)
class TrainingFiles:
    """Where a run has a training's logs, initial weights and snapshots.

    A snapshot that is older than the initial weights does not count. A real Caffe that was killed may have left half a
    file under its final name, so each is read before it counts.
    """

    training: Training
    workspace: Workspace

    @property
    def log(self) -> Path:
        return self.workspace.log(self.training.id)

    @property
    def diverged_log(self) -> Path:
        """Where the log is set aside if the training diverges."""
        return self.workspace.log(f"{self.training.id}.diverged")

    @property
    def own_solver(self) -> Path:
        """The copy of the solver that has the command line's interval of snapshots."""
        return self.log.with_suffix(".solver.prototxt")

    @property
    def initial(self) -> Path | None:
        """Its initial weights; None for a training that starts from its fillers."""
        initial = self.workspace.layout.initial_weights(self.training)
        return Path(initial) if initial else None

    @property
    def final(self) -> Path:
        return Path(self.workspace.layout.final_weights(self.training))

    @property
    def progress(self) -> Progress:
        """The furthest whole snapshot, caffemodel and solverstate."""
        for iteration, model in self._snapshots_since_initial():
            state = model.with_suffix(".solverstate")
            if _is_state(state, iteration) and _is_model(model):
                return Progress(iteration, str(state))
        return Progress(0)

    @property
    def has_ended(self) -> bool:
        """Whether its final caffemodel is there and whole."""
        last = self.training.schedule.max_iter
        return any(iteration == last and _is_model(model) for iteration, model in self._snapshots_since_initial())

    def set_aside(self) -> list[Path]:
        """Moves all its snapshots into the folder `replaced` beside them; gives their new paths."""
        moved = []
        for _, model in self._snapshots():
            # The state first: if this is cut short between the two, the caffemodel is found again the next time.
            for path in (model.with_suffix(".solverstate"), model):
                if path.is_file():
                    folder = path.parent / "replaced"
                    with naming(folder / path.name):
                        folder.mkdir(exist_ok=True)
                        moved.append(path.replace(folder / path.name))
        return moved

    def _snapshots_since_initial(self) -> Iterator[tuple[int, Path]]:
        """The snapshots that are no older than the initial weights, the furthest first."""
        initial = self.initial
        oldest = initial.stat().st_mtime_ns if initial is not None and initial.is_file() else 0
        for iteration, model in sorted(self._snapshots(), reverse=True):
            if iteration <= self.training.schedule.max_iter and model.stat().st_mtime_ns >= oldest:
                yield iteration, model

    def _snapshots(self) -> list[tuple[int, Path]]:
        """Every caffemodel that the training has left, by iteration."""
        prefix = Path(self.workspace.layout.snapshot_prefix(self.training))
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
