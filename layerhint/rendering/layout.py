"""Where a run's files are, as the generated files themselves spell it."""

from collections.abc import Mapping
from dataclasses import dataclass

from layerhint.trainings.trainings import NetFile, TeacherTest, Training, WeightsFile, WeightSource


@dataclass(frozen=True)
class Layout:
    """Three folders, relative to the working directory (the repository root) or absolute; `/` separates."""

    generated: str = "generated"
    weights: str = "weights"
    data: str = "data"

    @classmethod
    def under(cls, root: str, data: str | None = None) -> "Layout":
        """A run's own folder: root/generated, root/weights and, unless given, root/data."""
        return cls(f"{root}/generated", f"{root}/weights", f"{root}/data" if data is None else data)

    def net(self, training: Training, net: NetFile) -> str:
        """A net of a training: the one that trains, or one to test or to deploy."""
        return self._generated(training, net.file)

    def train_net(self, training: Training) -> str:
        return self.net(training, training.train)

    def test_net(self, training: Training) -> str | None:
        return self.net(training, training.test) if training.test else None

    def deploy_net(self, training: Training) -> str | None:
        return self.net(training, training.deploy) if training.deploy else None

    def teacher_test(self, test: TeacherTest) -> str:
        """The net that tests a user's own teacher."""
        return f"{self.generated}/{test.folder}/test.prototxt"

    def solver(self, training: Training) -> str:
        """The solver's file. That of plain training, the only solver in its folder, needs no name."""
        return self._generated(training, f"{training.name}_solver.prototxt" if training.stage else "solver.prototxt")

    def surgery(self, training: Training) -> str | None:
        """The surgery file that makes `initial_weights`, or None where a training starts from the fillers."""
        return self._generated(training, f"{training.name}_surgery.yaml") if training.init else None

    def weights_folder(self, training: Training) -> str:
        """The folder for a training's caffemodels; it must be there when `caffe train` starts."""
        return f"{self.weights}/{training.folder}"

    def snapshot_prefix(self, training: Training) -> str:
        return f"{self.weights_folder(training)}/{training.name}"

    def initial_weights(self, training: Training) -> str | None:
        """The caffemodel that surgery writes and `caffe train -weights` reads."""
        return f"{self.snapshot_prefix(training)}_init.caffemodel" if training.init else None

    def final_weights(self, training: Training) -> str:
        """The caffemodel that the training leaves."""
        return f"{self.snapshot_prefix(training)}_iter_{training.schedule.max_iter}.caffemodel"

    def source_weights(self, source: WeightSource, trainings: Mapping[str, Training]) -> str:
        """The caffemodel that a source takes layers from; `trainings` are by id."""
        if isinstance(source.origin, WeightsFile):
            return source.origin.path
        return self.final_weights(trainings[source.origin])

    def dataset(self, dataset: str) -> str:
        """The folder of a data set: its LMDBs and mean files."""
        return f"{self.data}/{dataset}"

    def database(self, dataset: str, split: str) -> str:
        """The LMDB of a split, "train" or "test"."""
        return f"{self.dataset(dataset)}/{split}_lmdb"

    def mean_file(self, dataset: str, reading: str, split: str) -> str:
        """The mean binaryproto in the size of a split's datums; `reading` is the value of the switch `mean`."""
        return f"{self.dataset(dataset)}/mean_{reading}_{split}.binaryproto"

    def _generated(self, training: Training, file: str) -> str:
        return f"{self.generated}/{training.folder}/{file}"
