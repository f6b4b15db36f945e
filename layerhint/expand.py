"""An experiment as its trainings, in running order: teacher, plain student, then method by method."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from layerhint.architecture import ResNet
from layerhint.errors import LayerhintError
from layerhint.experiment import METHOD_TITLES, Experiment
from layerhint.protocol import Method
from layerhint.schedule import Schedule, hint_schedule, plain_schedule
from layerhint.stage1 import HintStep, stage1_steps
from layerhint.trainings import TEACHER, KdLoss, NetFile, Source, Surgery, Training


def expand(experiment: Experiment) -> tuple[Training, ...]:
    """Every training of an experiment, each after those it starts from.

    Raises LayerhintError for nets that cannot be built (depth, filters).
    """
    scene = _Scene.of(experiment)
    trainings = [_plain(scene, scene.teacher, "teacher"), _plain(scene, scene.student, "student")]
    for method in experiment.methods:
        stage1 = _stage1(scene, method)
        trainings += [*stage1, *_stage2(scene, method, stage1[-1] if stage1 else None)]
    return _unique(trainings)


def expand_all(experiments: Iterable[Experiment]) -> tuple[Training, ...]:
    """The trainings of several experiments; what they share is there once.

    Raises LayerhintError where two experiments mean different things by one training's id.
    """
    return _unique([training for experiment in experiments for training in expand(experiment)])


def _unique(trainings: Sequence[Training]) -> tuple[Training, ...]:
    by_id: dict[str, Training] = {}
    for training in trainings:
        known = by_id.setdefault(training.id, training)
        if known != training:
            raise LayerhintError(
                f"{training.id} would be two different trainings in one folder: the experiments differ in "
                "switches or numbers; run them in folders of their own (--out)"
            )
    return tuple(by_id.values())


@dataclass(frozen=True)
class _Scene:
    """An experiment with its two nets built."""

    experiment: Experiment
    teacher: ResNet
    student: ResNet

    @classmethod
    def of(cls, experiment: Experiment) -> "_Scene":
        return cls(experiment, resnet(experiment, "teacher"), resnet(experiment, "student"))

    def folder(self, method: Method) -> str:
        pair = f"{net_name(self.experiment, self.teacher)}-{net_name(self.experiment, self.student)}"
        return f"{self.experiment.dataset}/{pair}/{method}"

    def title(self, method: Method) -> str:
        nets = f"{self.teacher.label} to {self.student.label}"
        return f"{self.experiment.protocol.title}, {nets}: {METHOD_TITLES[method]}"

    def plain_folder(self, net: ResNet) -> str:
        return f"{self.experiment.dataset}/{net_name(self.experiment, net)}/plain"

    @property
    def teacher_weights(self) -> str:
        """The id of the training that made the teacher."""
        return f"{self.plain_folder(self.teacher)}/plain"

    @property
    def student_batch_size(self) -> int:
        sizes = self.experiment.protocol.batch_size
        return sizes.teacher if self.experiment.switches.student_batch_size == "as_teacher" else sizes.student


def resnet(experiment: Experiment, role: Literal["teacher", "student"]) -> ResNet:
    """A net of an experiment, for its data set's images and under its shortcut switch."""
    protocol = experiment.protocol
    net = experiment.teacher if role == "teacher" else experiment.student
    try:
        return ResNet(
            depth=net.depth,
            filters=net.filters,
            image_channels=protocol.images.channels,
            image_size=protocol.images.size,
            classes=protocol.classes,
            shortcut=experiment.switches.shortcut,
        )
    except LayerhintError as error:
        raise LayerhintError(f"{experiment.file}: {role}: {error}") from None


def net_name(experiment: Experiment, net: ResNet) -> str:
    """`resnet26`; with other filters than the data set's, `resnet26w32` or `resnet26w16-32-48`."""
    first, second, third = net.filters
    if net.filters == experiment.protocol.network.filters:
        return f"resnet{net.depth}"
    doubling = (second, third) == (2 * first, 4 * first)
    return f"resnet{net.depth}w{first}" if doubling else f"resnet{net.depth}w{first}-{second}-{third}"


def _plain(scene: _Scene, net: ResNet, role: str) -> Training:
    protocol = scene.experiment.protocol
    batch_size = protocol.batch_size.teacher if role == "teacher" else scene.student_batch_size
    title = f"{protocol.title}, {net.label}: plain training"
    return Training(
        folder=scene.plain_folder(net),
        name="plain",
        title=title,
        dataset=protocol.dataset,
        method="plain",
        stage=0,
        train=NetFile("train.prototxt", "nets/plain_train.prototxt.j2", title, net, batch_size),
        test=_test_net(scene, "test.prototxt", title, net),
        deploy=NetFile("deploy.prototxt", "nets/deploy.prototxt.j2", title, net, 1),
        solver="solver.prototxt",
        schedule=plain_schedule(scene.experiment),
        momentum=protocol.sgd.momentum,
        weight_decay=protocol.sgd.weight_decay,
        seed=protocol.seeds.plain,
    )


def _test_net(scene: _Scene, file: str, title: str, net: ResNet) -> NetFile:
    return NetFile(file, "nets/test.prototxt.j2", title, net, scene.experiment.protocol.batch_size.test)


def _stage1(scene: _Scene, method: Method) -> list[Training]:
    """The hint trainings of a method, each from where the one before it ended (eq (6))."""
    steps = stage1_steps(scene.experiment, scene.teacher, scene.student, method)
    trainings: list[Training] = []
    for number, step in enumerate(steps, start=1):
        training = _hint_training(scene, method, step, trainings[-1] if trainings else None)
        trainings.append(replace(training, step=number, steps=len(steps)))
    return trainings


def _hint_training(scene: _Scene, method: Method, step: HintStep, before: Training | None) -> Training:
    """The student up to the last pair's G trains towards the frozen teacher's hints."""
    top = step.pairs[-1]
    alone = len(step.pairs) == 1 and top.number
    title = f"{scene.title(method)}, Stage 1{f', G{top.number}' if alone else ''}"
    teacher = Source(scene.teacher_weights, TEACHER, scene.teacher.parts_up_to(top.hint.name))
    start = _start(scene, top.guided.name, before)
    regressors = tuple(f"{pair.prefix}/regressor" for pair in step.pairs if pair.regressor)
    seeds = scene.experiment.protocol.seeds
    return Training(
        folder=scene.folder(method),
        name=step.name,
        title=title,
        dataset=scene.experiment.dataset,
        method=method,
        stage=1,
        train=NetFile(
            f"{step.name}_train.prototxt",
            "nets/hint_train.prototxt.j2",
            title,
            scene.student,
            scene.student_batch_size,
            teacher=scene.teacher,
            pairs=step.pairs,
        ),
        test=None,
        deploy=None,
        solver=f"{step.name}_solver.prototxt",
        schedule=hint_schedule(scene.experiment, step.max_iter),
        momentum=scene.experiment.protocol.sgd.momentum,
        weight_decay=scene.experiment.protocol.sgd.weight_decay,
        seed=seeds.stage1,
        init=Surgery(
            file=f"{step.name}_surgery.yaml",
            sources=(teacher, *start.sources),
            random=(*start.random, *regressors),
            seed=seeds.surgery_stage1 + int(top.number or 0),
        ),
        frozen=TEACHER,
    )


@dataclass(frozen=True)
class _Start:
    """The student's part of a surgery: [W_G(i-1); W_Si] or [W_GN; W_Sr]."""

    sources: tuple[Source, ...]
    random: tuple[str, ...]


def _start(scene: _Scene, last: str, before: Training | None) -> _Start:
    """The student up to `last`: as far as `before` trained it from there, the rest random."""
    if before is None:
        return _Start((), scene.student.parts_up_to(last))
    trained = before.train.pairs[-1].guided.name
    source = Source(before.id, "", scene.student.parts_up_to(trained))
    return _Start((source,), scene.student.parts_up_to(last, after=trained))


def _stage2(scene: _Scene, method: Method, stage1: Training | None) -> list[Training]:
    """KD training of each net from one Stage 1, or from random values alone."""
    schedule = plain_schedule(scene.experiment)
    numbers = range(1, scene.experiment.nets + 1)
    return [_kd_training(scene, method, stage1, schedule, number) for number in numbers]


def _kd_training(scene: _Scene, method: Method, stage1: Training | None, schedule: Schedule, number: int) -> Training:
    protocol = scene.experiment.protocol
    start = _start(scene, "fc", stage1)
    title = f"{scene.title(method)}, Stage 2"
    return Training(
        folder=scene.folder(method),
        name=f"net{number}",
        title=f"{title}, net {number}",
        dataset=protocol.dataset,
        method=method,
        stage=2,
        train=NetFile(
            "stage2_train.prototxt",
            "nets/kd_train.prototxt.j2",
            title,
            scene.student,
            scene.student_batch_size,
            teacher=scene.teacher,
            pairs=stage1.train.pairs if stage1 else (),
            kd=_kd_loss(scene.experiment),
        ),
        test=_test_net(scene, "stage2_test.prototxt", title, scene.student),
        deploy=None,
        solver=f"net{number}_solver.prototxt",
        schedule=schedule,
        momentum=protocol.sgd.momentum,
        weight_decay=protocol.sgd.weight_decay,
        seed=protocol.seeds.stage2,
        init=Surgery(
            file=f"net{number}_surgery.yaml",
            sources=(Source(scene.teacher_weights, TEACHER, "all"), *start.sources),
            random=start.random,
            seed=protocol.seeds.surgery_stage2 + number,
        ),
        frozen=TEACHER,
        student=number,
    )


def _kd_loss(experiment: Experiment) -> KdLoss:
    kd, switches = experiment.protocol.kd, experiment.switches
    factor = kd.tau**2 if switches.soft_target_factor == "tau_squared" else 1
    return KdLoss(kd.tau, kd.lambda_, kd.lambda_ * factor, switches.true_label_term)
