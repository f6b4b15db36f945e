"""A training's files in a run, and how far they show that it has come."""

from dataclasses import dataclass
from pathlib import Path

from layerhint.steps.resume import Progress, find_progress, has_ended, set_aside
from layerhint.steps.workspace import Workspace
from layerhint.trainings.trainings import Training


@dataclass(frozen=True)
class TrainingFiles:
    """Where a run has a training's log, initial weights and snapshots."""

    training: Training
    workspace: Workspace

    @property
    def log(self) -> Path:
        return self.workspace.logs / f"{self.training.id}.log"

    @property
    def initial(self) -> Path | None:
        """Its initial weights; None for a training that starts from its fillers. No snapshot is older than they are."""
        initial = self.workspace.layout.initial_weights(self.training)
        return Path(initial) if initial else None

    @property
    def final(self) -> Path:
        return Path(self.workspace.layout.final_weights(self.training))

    @property
    def progress(self) -> Progress:
        """The furthest snapshot that it can go on from."""
        return find_progress(self._prefix, self.training.schedule.max_iter, self.initial)

    @property
    def has_ended(self) -> bool:
        """Whether its final caffemodel is there."""
        return has_ended(self._prefix, self.training.schedule.max_iter, self.initial)

    def set_aside(self) -> list[Path]:
        """Moves all its snapshots out of the way; gives their new paths."""
        return set_aside(self._prefix)

    @property
    def _prefix(self) -> Path:
        return Path(self.workspace.layout.snapshot_prefix(self.training))
