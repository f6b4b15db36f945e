"""What the rules look at: a net beside its description, a training beside its own, the test of a teacher."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from layerhint.experiments.experiment import Experiment
from layerhint.lint.logits import Logits, logits_of
from layerhint.nets.generated_net import GeneratedNet
from layerhint.rendering.layout import Layout
from layerhint.surgery.declaration import Declaration
from layerhint.trainings.trainings import TEACHER, NetFile, TeacherTest, Training
from torchcaffe.proto.caffe_pb2 import SolverParameter


@dataclass(frozen=True)
class NetCase:
    """A generated net, and the training and the experiment that it was generated for.

    `parents` are the trainings that the training starts from.
    """

    experiment: Experiment
    training: Training
    described: NetFile
    layout: Layout
    net: GeneratedNet
    parents: tuple[Training, ...] = ()

    @property
    def trains(self) -> bool:
        """Whether this is the net that trains, not one to test or to deploy."""
        return self.described is self.training.train

    @property
    def deploys(self) -> bool:
        """Whether this is the net to deploy."""
        return self.described is self.training.deploy

    @property
    def dataset(self) -> str:
        return self.training.dataset

    @property
    def logits(self) -> Logits:
        """The class scores of the net that is trained, tested or deployed."""
        return logits_of(self.described.net)

    def is_frozen(self, layer: str) -> bool:
        """Whether a layer's params must stay as the training that they come from left them."""
        frozen = self.training.frozen
        return self.trains and frozen is not None and frozen.fills(layer)


@dataclass(frozen=True)
class TeacherTestCase:
    """The generated net that tests a user's own teacher: its blobs have the teacher's prefix, its layers none."""

    experiment: Experiment
    test: TeacherTest
    layout: Layout
    net: GeneratedNet
    trains: Literal[False] = False
    deploys: Literal[False] = False

    @property
    def dataset(self) -> str:
        return self.test.dataset

    @property
    def logits(self) -> Logits:
        return logits_of(self.test.net, TEACHER, layer_prefix="")


AnyNetCase = NetCase | TeacherTestCase


@dataclass(frozen=True)
class TrainingCase:
    """A training's solver and surgery file, its nets, and the nets of its parents.

    `tested` are its nets to test and to deploy. `weights` are the caffemodels of its sources, in their order.
    `parent_nets` has the nets of those that are trained here, by caffemodel; nets that cannot be read are left out.
    """

    experiment: Experiment
    training: Training
    layout: Layout
    solver: SolverParameter
    surgery: Declaration | None
    train: GeneratedNet
    tested: tuple[GeneratedNet, ...]
    weights: tuple[str, ...]
    parent_nets: Mapping[str, GeneratedNet]

    @property
    def solver_file(self) -> str:
        return self.layout.solver(self.training)

    @property
    def surgery_file(self) -> str:
        return self.layout.surgery(self.training) or ""
