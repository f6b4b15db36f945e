"""A trained teacher that is given: in a plan, it takes the place of the training that would make it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import Experiment
from layerhint.kept.description import Description, path_beside, read_description
from layerhint.nets.reading import read_net
from layerhint.rendering.layout import Layout
from layerhint.running.plan import Plan
from layerhint.steps.step import Step
from layerhint.steps.take_teacher import TakeTeacher, teacher_of, teachers_among
from layerhint.steps.train import Train
from layerhint.trainings.expand import expand_all, expand_own
from layerhint.trainings.fitting_weights import check_weights_fit
from layerhint.trainings.trainings import Training
from torchcaffe.errors import CaffeError


def with_given_teacher(
    plan: Plan, experiments: Sequence[Experiment], weights: Path, layout: Layout, texts: Mapping[str, str]
) -> Plan:
    """The plan with a caffemodel in the place of one teacher's training. Any other teacher is trained.

    It is the teacher that a description beside the caffemodel names; without one, that of the experiments' own rows,
    neither that of the experiment whose rows stand beside nor that of a variant. `texts` are the generated files.
    Raises LayerhintError where that is no teacher of this run, or not just one, and for a caffemodel that cannot be
    read or does not fit its net.
    """
    told = read_description(weights)
    if told is None:
        teacher = teacher_of(t for experiment in experiments if not experiment.base for t in expand_own(experiment))
    else:
        teacher = _described(told, experiments, weights)
    _check_fits(weights, teacher, layout, texts)
    return Plan(tuple(_taken(step, teacher, weights) for step in plan.steps))


def _described(told: Description, experiments: Sequence[Experiment], weights: Path) -> Training:
    teachers = {teacher.id: teacher for teacher in teachers_among(expand_all(experiments))}
    if told.training not in teachers:
        raise LayerhintError(
            f"--teacher-from {weights}: by {path_beside(weights).name} beside it, it is {told.training} "
            f"({told.title}), and the teachers of this run are {', '.join(teachers) or 'none that it would train'}. "
            "Name the caffemodel of one of them; to take this one all the same, copy it to another folder without its "
            "description"
        )
    return teachers[told.training]


def _check_fits(weights: Path, teacher: Training, layout: Layout, texts: Mapping[str, str]) -> None:
    image = teacher.train.net.image_shape
    net = read_net(texts, layout.train_net(teacher), image, trains=True)
    try:
        check_weights_fit(str(weights), net.file, net.shapes.params, image)
    except (LayerhintError, CaffeError) as error:
        raise LayerhintError(f"--teacher-from: {error}") from None


def _taken(step: Step, teacher: Training, weights: Path) -> Step:
    if isinstance(step, Train) and step.training == teacher:
        return TakeTeacher(teacher, weights, step.setting, step.data)
    return step
