"""A trained teacher that is given: in a plan, it takes the place of the training that would make it."""

from collections.abc import Sequence
from pathlib import Path

from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import Experiment
from layerhint.kept.description import Description, path_beside, read_description
from layerhint.running.plan import Plan
from layerhint.steps.step import Step
from layerhint.steps.take_teacher import TakeTeacher, teacher_of, teachers_among
from layerhint.steps.train import Train
from layerhint.trainings.expand import expand_all, expand_own
from layerhint.trainings.trainings import Training


def with_given_teacher(plan: Plan, experiments: Sequence[Experiment], weights: Path) -> Plan:
    """The plan with a caffemodel in the place of one teacher's training. Any other teacher is trained.

    It is the teacher that a description beside the caffemodel names; without one, that of the experiments' own rows,
    neither that of the experiment whose rows stand beside nor that of a variant.
    Raises LayerhintError where that is no teacher of this run, or not just one.
    """
    told = read_description(weights)
    if told is None:
        teacher = teacher_of(t for experiment in experiments if not experiment.base for t in expand_own(experiment))
    else:
        teacher = _described(told, experiments, weights)
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


def _taken(step: Step, teacher: Training, weights: Path) -> Step:
    if isinstance(step, Train) and step.training == teacher:
        return TakeTeacher(teacher, weights, step.setting, step.data)
    return step
