"""A case prepared for measuring: a folder with the files that all engines read."""

from dataclasses import dataclass
from pathlib import Path

from benchmarks.case import Case
from benchmarks.generated_files import own_solver, point_to_images, read_generated
from benchmarks.images import Images
from benchmarks.initial_weights import write_weights
from benchmarks.recipe_of_net import recipe_of
from torchcaffe.proto.text import to_text


@dataclass(frozen=True)
class Job:
    """Net, solver, initial weights for Caffe; the recipe, the same weights and the images for PyTorch."""

    case: Case
    images: Images
    folder: Path

    @property
    def net(self) -> Path:
        return self.folder / "train.prototxt"

    @property
    def solver(self) -> Path:
        return self.folder / "solver.prototxt"

    @property
    def weights(self) -> Path:
        return self.folder / "initial.caffemodel"

    @property
    def state(self) -> Path:
        """`weights` as PyTorch's state dicts."""
        return self.folder / "initial.pt"

    @property
    def recipe(self) -> Path:
        return self.folder / "recipe.json"


def prepare(case: Case, images: Images, folder: Path) -> Job:
    """Writes a case's files to a new folder; its generated files are made to read the benchmark's own images."""
    folder.mkdir(parents=True)
    job = Job(case, images, folder)
    net, solver = read_generated(case)
    point_to_images(net, images)
    job.net.write_text(to_text(net), encoding="utf-8")
    job.solver.write_text(to_text(own_solver(solver, job.net)), encoding="utf-8")
    write_weights(net, job.weights, job.state)
    recipe_of(case, net, solver, images.kind).write(job.recipe)
    return job
