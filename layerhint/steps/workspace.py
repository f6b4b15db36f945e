"""Where a run keeps its files: what it generates, trains, logs and records."""

from dataclasses import dataclass
from pathlib import Path

from layerhint.rendering.layout import Layout


@dataclass(frozen=True)
class Workspace:
    """The folders of a run, relative to the repository's root, where Caffe is started.

    The paper's protocol at full length lives in the repository's own `generated/` and `weights/`, so that a step
    trained by hand and one trained by the driver are the same files. Every other run has a folder to itself.
    """

    layout: Layout
    folder: Path

    @classmethod
    def of_repository(cls) -> "Workspace":
        """The paper's protocol at full length."""
        return cls(Layout(), Path("runs/paper"))

    @classmethod
    def in_folder(cls, folder: str, data: str | None) -> "Workspace":
        """A run with a folder of its own; its LMDBs are under `data`, or in that folder too."""
        return cls(Layout.under(folder, data), Path(folder))

    @property
    def records(self) -> Path:
        return self.folder / "records"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    def log(self, name: str) -> Path:
        """The log of a training, by its id."""
        return self.logs / f"{name}.log"

    @property
    def report(self) -> Path:
        return self.folder / "report"

    @property
    def events(self) -> Path:
        return self.folder / "tensorboard"
