"""What is measured: one training of the paper."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """A training of the paper; `folder`, `net` and `solver` name its files below `generated/`.

    `student` and `teacher` are depths in layers; plain training has no teacher. Files that are not `committed` are
    rendered from the same templates when they are measured.
    """

    name: str
    title: str
    folder: str
    net: str
    solver: str
    student: int
    teacher: int | None = None
    committed: bool = True

    @property
    def images(self) -> str:
        """The kind of its images, by their size: `mnist` or `cifar`."""
        return "mnist" if self.folder.startswith("mnist/") else "cifar"

    @property
    def train_net(self) -> str:
        """The path of the train net below `generated/`."""
        return f"{self.folder}/{self.net}.prototxt"

    @property
    def solver_file(self) -> str:
        """The path of the solver below `generated/`."""
        return f"{self.folder}/{self.solver}.prototxt"
