"""An experiment as its trainings, in running order: teacher, plain student, then method by method."""

from collections.abc import Iterable, Sequence

from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import Experiment
from layerhint.experiments.methods import Method
from layerhint.trainings.architecture import ResNet
from layerhint.trainings.methods.built_experiment import BuiltExperiment
from layerhint.trainings.methods.own_stage1 import with_own_stage1
from layerhint.trainings.methods.plain import plain_training
from layerhint.trainings.methods.table import method_trainings
from layerhint.trainings.trainings import Training
from layerhint.trainings.variants import apart


def expand(experiment: Experiment) -> tuple[Training, ...]:
    """Every training of an experiment and of the one shown beside it, each after those it starts from.

    Raises LayerhintError for nets that cannot be built (depth, filters) or read, and for hint layers that make no pair.
    """
    own = expand_own(experiment)
    return own if experiment.against is None else _unique([*own, *expand(experiment.against)])


def expand_own(experiment: Experiment) -> tuple[Training, ...]:
    """The trainings of an experiment's own rows."""
    trainings = _unique(_by_rows(experiment))
    if experiment.base is None:
        return trainings
    return apart(trainings, expand_own(experiment.base), experiment.variant)


def expand_all(experiments: Iterable[Experiment]) -> tuple[Training, ...]:
    """The trainings of several experiments; what they share is there once.

    Raises LayerhintError where two experiments mean different things by one training's id.
    """
    return _unique([training for experiment in experiments for training in expand(experiment)])


def stage1_of(trainings: Iterable[Training], nets: Iterable[Training]) -> tuple[Training, ...]:
    """The Stage 1 trainings, in running order, that Stage 2's nets come from."""
    known = list(trainings)
    wanted = {parent for net in nets for parent in net.parents}
    found: list[Training] = []
    for training in reversed(known):
        if training.stage == 1 and training.id in wanted:
            found.append(training)
            wanted.update(training.parents)
    return tuple(reversed(found))


def _by_rows(experiment: Experiment) -> list[Training]:
    built = BuiltExperiment.of(experiment)
    trainings = [plain_training(built, built.teacher, "teacher")] if isinstance(built.teacher, ResNet) else []
    if 2 in experiment.stages:
        trainings.append(plain_training(built, built.student, "student"))
    for method in experiment.methods:
        trainings += (t for t in _of_method(built, method) if t.stage in experiment.stages)
    return trainings


def _of_method(built: BuiltExperiment, method: Method) -> list[Training]:
    trainings = method_trainings(built, method)
    return with_own_stage1(trainings) if built.experiment.independent_stage1 else trainings


def _unique(trainings: Sequence[Training]) -> tuple[Training, ...]:
    by_id: dict[str, Training] = {}
    for training in trainings:
        known = by_id.setdefault(training.id, training)
        if known != training:
            raise LayerhintError(
                f"{training.id} would be two different trainings in one folder: the experiments differ in switches or "
                "numbers, or the net is a teacher in one and a student in another, whose batch sizes differ; run them "
                "in folders of their own (--out)"
            )
    return tuple(by_id.values())
