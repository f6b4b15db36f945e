"""A teacher that the user has trained: it is only tested, on the images as the other nets get them."""

from collections.abc import Iterable
from dataclasses import replace

from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import Experiment
from layerhint.experiments.own_teacher import OwnTeacher
from layerhint.trainings.methods.built_experiment import BuiltExperiment
from layerhint.trainings.own_net import OwnNet
from layerhint.trainings.trainings import TeacherTest, WeightsFile


def teacher_tests(experiments: Iterable[Experiment]) -> tuple[TeacherTest, ...]:
    """The tests of the experiments' own teachers, each once; a variant has its own if it differs from its base's.

    Raises LayerhintError where two experiments mean different teachers by one name.
    """
    by_id: dict[str, TeacherTest] = {}
    for experiment in experiments:
        test = _teacher_test(experiment)
        if test is not None and by_id.setdefault(test.id, test) != test:
            raise LayerhintError(
                f"{test.id} would be two different teachers in one folder: give each a `name:` of its own, or run the "
                "experiments in folders of their own (--out)"
            )
    return tuple(by_id.values())


def _teacher_test(experiment: Experiment) -> TeacherTest | None:
    built, protocol, own = BuiltExperiment.of(experiment), experiment.protocol, experiment.teacher
    if not (isinstance(built.teacher, OwnNet) and isinstance(own, OwnTeacher)):
        return None
    test = TeacherTest(
        folder=f"{protocol.dataset}/{built.teacher.label}",
        title=f"{protocol.title}, {built.teacher.label}",
        dataset=protocol.dataset,
        net=built.teacher,
        images=built.images("test"),
        batch_size=protocol.batch_size.test,
        test_iter=protocol.images.test // protocol.batch_size.test,
        weights=WeightsFile(own.weights),
    )
    if experiment.base is not None and test not in teacher_tests([experiment.base]):
        return replace(test, folder=f"{test.folder}/{experiment.variant}")
    return test
