"""What is measured: one training of the paper."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """A training, by the folder, train net and solver that it has below `generated/`.

    `student` and `teacher` are depths in layers; plain training has no teacher. A net that is not `committed` is
    rendered when it is measured, from the same templates.
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
        """The images that it reads: of MNIST's size or of CIFAR's."""
        return "mnist" if self.folder.startswith("mnist/") else "cifar"

    @property
    def train_net(self) -> str:
        """The train net below `generated/`."""
        return f"{self.folder}/{self.net}.prototxt"

    @property
    def solver_file(self) -> str:
        """The solver below `generated/`."""
        return f"{self.folder}/{self.solver}.prototxt"
