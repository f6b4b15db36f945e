"""An experiment with its two nets built, and the names that its trainings go by."""

from dataclasses import dataclass
from typing import Literal

from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import Experiment, Net
from layerhint.experiments.methods import METHOD_TITLES, Method
from layerhint.experiments.own_teacher import OwnTeacher
from layerhint.paths import ROOT
from layerhint.trainings.architecture import ResNet
from layerhint.trainings.own_net import OwnNet
from layerhint.trainings.trainings import TEACHER, BatchNorm, Images, NetFile, Teacher, WeightsFile, WeightSource


@dataclass(frozen=True)
class BuiltExperiment:
    """What every method's trainings are made from."""

    experiment: Experiment
    teacher: Teacher
    student: ResNet

    @classmethod
    def of(cls, experiment: Experiment) -> "BuiltExperiment":
        """Builds both nets. Raises LayerhintError for one that cannot be built (depth, filters) or read."""
        teacher = experiment.teacher
        try:
            built = _own_net(experiment, teacher) if isinstance(teacher, OwnTeacher) else _resnet(experiment, teacher)
        except LayerhintError as error:
            raise LayerhintError(f"{experiment.file}: teacher: {error}") from None
        try:
            return cls(experiment, built, _resnet(experiment, experiment.student))
        except LayerhintError as error:
            raise LayerhintError(f"{experiment.file}: student: {error}") from None

    def folder(self, method: Method) -> str:
        """`cifar10/resnet26-resnet14/proposed`; a method without a teacher has the student's name alone."""
        pair = f"{net_name(self.experiment, self.teacher)}-{net_name(self.experiment, self.student)}"
        return f"{self.experiment.dataset}/{pair}/{method}"

    def own_folder(self, net: Teacher, kind: str) -> str:
        """`cifar10/resnet26/plain`: the folder of a training that needs no other net."""
        return f"{self.experiment.dataset}/{net_name(self.experiment, net)}/{kind}"

    def title(self, method: Method) -> str:
        nets = f"{self.teacher.label} to {self.student.label}"
        return f"{self.experiment.protocol.title}, {nets}: {METHOD_TITLES[method]}"

    def teacher_source(self, layers: tuple[str, ...] | Literal["all"]) -> WeightSource:
        """Layers of the teacher, from its plain training or from its owner's caffemodel."""
        teacher = self.experiment.teacher
        if isinstance(teacher, OwnTeacher):
            return WeightSource(WeightsFile(teacher.weights), TEACHER, layers)
        return WeightSource(f"{self.own_folder(self.teacher, 'plain')}/plain", TEACHER, layers)

    @property
    def student_batch_size(self) -> int:
        """The students' own, unless the protocol has the switch for it and that says the teacher's."""
        protocol = self.experiment.protocol
        is_open = "student_batch_size" in protocol.switches
        as_teacher = is_open and self.experiment.switches.student_batch_size == "as_teacher"
        return protocol.batch_size.teacher if as_teacher else protocol.batch_size.student

    @property
    def batch_norm(self) -> BatchNorm:
        network = self.experiment.protocol.network
        return BatchNorm(network.moving_average_fraction, network.eps)

    def images(self, split: Literal["train", "test"]) -> Images:
        """How the images of a split reach a net: training crops and mirrors, both subtract the mean."""
        protocol, switches = self.experiment.protocol, self.experiment.switches
        images, training = protocol.images, split == "train"
        return Images(
            split=split,
            mean=switches.mean if images.subtract_mean else None,
            crop_size=images.size if training and images.pad else None,
            mirror=training and images.mirror,
            scale=images.scale if switches.input_scale == "unit" else None,
            order=protocol.source.order if protocol.source else "rgb",
        )

    def train_net(self, file: str, template: str, title: str, net: ResNet, batch_size: int) -> NetFile:
        """A training net with what all methods have in common."""
        return NetFile(
            file, f"nets/{template}.prototxt.j2", title, net, batch_size, self.images("train"), self.batch_norm
        )

    def test_net(self, file: str, title: str, net: ResNet) -> NetFile:
        batch_size = self.experiment.protocol.batch_size.test
        return NetFile(file, "nets/test.prototxt.j2", title, net, batch_size, self.images("test"), self.batch_norm)

    def deploy_net(self, title: str, net: ResNet) -> NetFile:
        template = "nets/deploy.prototxt.j2"
        return NetFile("deploy.prototxt", template, title, net, 1, self.images("test"), self.batch_norm)


def _resnet(experiment: Experiment, net: Net) -> ResNet:
    """A net of an experiment, for its data set's images and under its shortcut switch."""
    protocol = experiment.protocol
    return ResNet(
        depth=net.depth,
        filters=net.filters,
        image_channels=protocol.images.channels,
        image_size=protocol.images.size,
        classes=protocol.classes,
        shortcut=experiment.switches.shortcut,
        filters_in_label=net.filters != protocol.network.filters,
    )


def _own_net(experiment: Experiment, teacher: OwnTeacher) -> OwnNet:
    """A user's own net, for the data set's images."""
    from layerhint.trainings.own_net_file import (  # It sets nets up, which only own nets need.
        OwnNetRequest,
        read_own_net,
    )

    images = experiment.protocol.images
    return read_own_net(
        OwnNetRequest(
            label=teacher.name,
            net=str(ROOT / teacher.net),
            weights=str(ROOT / teacher.weights),
            input=teacher.input,
            logits=teacher.logits,
            hints=tuple(pair.hint for pair in experiment.pairs),
            image=(images.channels, images.size, images.size),
            classes=experiment.protocol.classes,
        )
    )


def net_name(experiment: Experiment, net: Teacher) -> str:
    """`resnet26`; `resnet26w32` or `resnet26w16-32-48` if the filters are not the data set's; or the user's name."""
    if isinstance(net, OwnNet):
        return net.label
    first, second, third = net.filters
    if net.filters == experiment.protocol.network.filters:
        return f"resnet{net.depth}"
    doubling = (second, third) == (2 * first, 4 * first)
    return f"resnet{net.depth}w{first}" if doubling else f"resnet{net.depth}w{first}-{second}-{third}"
