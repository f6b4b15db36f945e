"""A caffemodel given as trained teacher: in a plan, it replaces the training that would make that teacher."""

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
    """The plan with the caffemodel `weights` in place of one teacher's training; any other teacher is trained.

    That teacher is the one named in the description beside the caffemodel; without a description, the one of the
    experiments' own rows (not of the rows shown beside them, nor of a variant). `texts` are the generated files.
    Raises LayerhintError if that is no teacher of this run, or not just one, and for a caffemodel that cannot be read
    or does not fit its net.
    """
    description = read_description(weights)
    if description is None:
        teacher = teacher_of(t for experiment in experiments if not experiment.base for t in expand_own(experiment))
    else:
        teacher = _described(description, experiments, weights)
    _check_fits(weights, teacher, layout, texts)
    return Plan(tuple(_taken(step, teacher, weights) for step in plan.steps))


def _described(description: Description, experiments: Sequence[Experiment], weights: Path) -> Training:
    teachers = {teacher.id: teacher for teacher in teachers_among(expand_all(experiments))}
    if description.training not in teachers:
        raise LayerhintError(
            f"--teacher-from {weights}: by {path_beside(weights).name} beside it, it is {description.training} "
            f"({description.title}), and the teachers of this run are "
            f"{', '.join(teachers) or 'none that it would train'}. Name the caffemodel of one of them; to take this "
            "one all the same, copy it to another folder without its description"
        )
    return teachers[description.training]


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
