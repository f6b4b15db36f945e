"""All rules over all that was generated for some experiments."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from layerhint.experiments.experiment import Experiment
from layerhint.lint.cases import NetCase, TeacherTestCase, TrainingCase
from layerhint.lint.finding import Finding
from layerhint.lint.reading import read_solver, read_surgery
from layerhint.lint.rules.batch_norm import check_batch_norm
from layerhint.lint.rules.budget import check_budget
from layerhint.lint.rules.gradient import check_gradient
from layerhint.lint.rules.hint_pairs import check_hint_pairs
from layerhint.lint.rules.images import check_images
from layerhint.lint.rules.losses import check_losses
from layerhint.lint.rules.measures import check_measures
from layerhint.lint.rules.multipliers import check_multipliers
from layerhint.lint.rules.names import check_names
from layerhint.lint.rules.resnet import check_resnet
from layerhint.lint.rules.same_layers import check_copies, check_tested
from layerhint.lint.rules.seeds import check_seeds
from layerhint.lint.rules.soft_targets import check_soft_targets
from layerhint.lint.rules.solvers import check_solver
from layerhint.lint.rules.surgery_sources import check_surgery
from layerhint.lint.rules.true_labels import check_true_labels
from layerhint.nets.generated_net import GeneratedNet
from layerhint.nets.reading import UnreadableError, read_net
from layerhint.rendering.layout import Layout
from layerhint.trainings.expand import expand_own
from layerhint.trainings.methods.own_teacher import teacher_tests
from layerhint.trainings.trainings import TeacherTest, Training

OF_A_NET: tuple[Callable[[NetCase], Iterable[Finding]], ...] = (
    check_names,
    check_images,
    check_resnet,
    check_multipliers,
    check_batch_norm,
    check_gradient,
    check_hint_pairs,
    check_losses,
    check_soft_targets,
    check_true_labels,
    check_measures,
)
OF_A_TEACHER_TEST: tuple[Callable[[TeacherTestCase], Iterable[Finding]], ...] = (
    check_names,
    check_images,
    check_measures,
)
OF_A_TRAINING: tuple[Callable[[TrainingCase], Iterable[Finding]], ...] = (
    check_solver,
    check_surgery,
    check_copies,
    check_tested,
)
OF_ALL_TRAININGS: tuple[Callable[[Sequence[TrainingCase]], Iterable[Finding]], ...] = (check_budget, check_seeds)


def lint(experiments: Iterable[Experiment], layout: Layout, files: Mapping[str, str]) -> tuple[Finding, ...]:
    """Everything that is wrong with the files that `layerhint.rendering.render` made of some experiments, each once.

    A file that cannot be read, or a net that Caffe would not set up, is one finding; the other rules skip it.
    """
    run = _Run(experiments, layout, files)
    return tuple(dict.fromkeys(run.findings()))


class _Run:
    def __init__(self, experiments: Iterable[Experiment], layout: Layout, files: Mapping[str, str]) -> None:
        self.layout = layout
        self.files = files
        self.of: dict[str, Experiment] = {}
        self.trainings: dict[str, Training] = {}
        chosen = list(experiments)
        self.teacher_tests: dict[str, tuple[Experiment, TeacherTest]] = {}
        for experiment in chosen:
            for test in teacher_tests([experiment]):
                self.teacher_tests.setdefault(test.id, (experiment, test))
        for experiment in _with_those_beside(chosen):
            for training in expand_own(experiment):
                self.of.setdefault(training.id, experiment)
                self.trainings.setdefault(training.id, training)
        self.nets: dict[str, GeneratedNet] = {}

    def findings(self) -> Iterator[Finding]:
        for training in self.trainings.values():
            yield from self._of_nets(training)
        for experiment, test in self.teacher_tests.values():
            yield from self._of_teacher_test(experiment, test)
        cases: list[TrainingCase] = []
        for training in self.trainings.values():
            try:
                case = self._case(training)
            except UnreadableError as error:
                yield _unreadable(error)
                continue
            if case is not None:
                cases.append(case)
        for check in OF_A_TRAINING:
            for case in cases:
                yield from check(case)
        for check_all in OF_ALL_TRAININGS:
            yield from check_all(cases)

    def _of_nets(self, training: Training) -> Iterator[Finding]:
        """Findings on each of the training's net files that no earlier training has."""
        for described in training.net_files:
            file = self.layout.net(training, described)
            if file in self.nets:
                continue
            try:
                image = described.net.image_shape
                net = read_net(self.files, file, image, trains=described is training.train)
            except UnreadableError as error:
                yield _unreadable(error)
                continue
            self.nets[file] = net
            parents = tuple(self.trainings[parent] for parent in training.parents)
            case = NetCase(self.of[training.id], training, described, self.layout, net, parents)
            for check in OF_A_NET:
                yield from check(case)

    def _of_teacher_test(self, experiment: Experiment, test: TeacherTest) -> Iterator[Finding]:
        images = experiment.protocol.images
        try:
            image = (images.channels, images.size, images.size)
            net = read_net(self.files, self.layout.teacher_test(test), image, trains=False)
        except UnreadableError as error:
            yield _unreadable(error)
            return
        for check in OF_A_TEACHER_TEST:
            yield from check(TeacherTestCase(experiment, test, self.layout, net))

    def _case(self, training: Training) -> TrainingCase | None:
        """The training's own files; None where the net that it trains cannot be read."""
        surgery = self.layout.surgery(training)
        solver = read_solver(self.files, self.layout.solver(training))
        declaration = read_surgery(self.files, surgery) if surgery else None
        train = self.nets.get(self.layout.train_net(training))
        if train is None:
            return None
        sources = training.init.sources if training.init else ()
        others = (self.layout.net(training, net) for net in training.net_files if net is not training.train)
        return TrainingCase(
            experiment=self.of[training.id],
            training=training,
            layout=self.layout,
            solver=solver,
            surgery=declaration,
            train=train,
            tested=tuple(self.nets[file] for file in others if file in self.nets),
            weights=tuple(self.layout.source_weights(source, self.trainings) for source in sources),
            parent_nets={
                self.layout.final_weights(parent): self.nets[file]
                for parent in map(self.trainings.__getitem__, training.parents)
                if (file := self.layout.train_net(parent)) in self.nets
            },
        )


def _unreadable(error: UnreadableError) -> Finding:
    return Finding(error.file, error.layer, error.fault, error.remedy)


def _with_those_beside(experiments: Iterable[Experiment]) -> Iterator[Experiment]:
    """Each experiment, and the one whose rows are shown beside its own."""
    for experiment in experiments:
        yield experiment
        if experiment.against is not None:
            yield from _with_those_beside([experiment.against])
