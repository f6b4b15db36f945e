"""What the report needs of an experiment: its rows, their trainings, the paper's numbers and claims."""

import json
from pathlib import Path

from layerhint.driver.schedules import has_papers_schedules
from layerhint.experiments.experiment import Experiment, Net
from layerhint.experiments.methods import METHOD_TITLES, Method
from layerhint.experiments.own_teacher import OwnTeacher
from layerhint.records import fingerprint
from layerhint.records.experiment_description import (
    DescribedMethod,
    DescribedNet,
    ExperimentDescription,
    ReportedFigures,
)
from layerhint.trainings.expand import expand_own, stage1_of
from layerhint.trainings.methods.own_stage1 import chains
from layerhint.trainings.methods.own_teacher import teacher_tests
from layerhint.trainings.trainings import Training


def describe(experiment: Experiment) -> ExperimentDescription:
    """The record of an experiment, without the nets to be drawn."""
    trainings = expand_own(experiment)
    reported = experiment.reported
    return ExperimentDescription(
        kind="experiment",
        name=experiment.name,
        file=Path(experiment.file).as_posix() if experiment.is_own else None,
        title=experiment.title,
        heading=experiment.heading,
        dataset=experiment.dataset,
        profile=experiment.profile,
        scale=experiment.scale,
        overrides=dict(experiment.overrides),
        papers_schedules=has_papers_schedules(experiment),
        protocol=_fingerprint(experiment),
        independent_stage1=experiment.independent_stage1,
        switches=experiment.switches.model_dump(mode="json"),
        variant_of=experiment.base.name if experiment.base else None,
        variant=experiment.variant or None,
        shows=experiment.shows,
        claims=experiment.claims,
        comparisons=experiment.comparisons,
        measure=reported.measure if reported else "accuracy",
        teacher=_teacher(experiment, trainings),
        student=_net(experiment.student, trainings, -1 if 2 in experiment.stages else None),
        methods=tuple(_method(experiment, method, trainings) for method in experiment.methods),
        reported=ReportedFigures.model_validate(reported.model_dump()) if reported else None,
        against=describe(experiment.against) if experiment.against else None,
    )


def _fingerprint(experiment: Experiment) -> str:
    """SHA-256 of the protocol's numbers and the named pairs; where a user's own images are does not count."""
    numbers = experiment.protocol.model_dump(mode="json", exclude={"source": {"folder"}})
    return fingerprint.of_text(json.dumps([numbers, repr(experiment.pairs)], sort_keys=True))


def _teacher(experiment: Experiment, trainings: tuple[Training, ...]) -> DescribedNet:
    """The teacher. A user's own has a name instead of depth and filters, and a test instead of a training."""
    teacher = experiment.teacher
    if isinstance(teacher, OwnTeacher):
        (check,) = teacher_tests([experiment])
        return DescribedNet(depth=None, filters=(), training=None, checked=check.id, **teacher.model_dump())
    return _net(teacher, trainings, 0)


def _net(net: Net, trainings: tuple[Training, ...], plain: int | None) -> DescribedNet:
    made_by = None if plain is None else [t for t in trainings if t.stage == 0][plain].id
    return DescribedNet(depth=net.depth, filters=net.filters, training=made_by)


def _method(experiment: Experiment, method: Method, trainings: tuple[Training, ...]) -> DescribedMethod:
    nets = [t for t in trainings if t.method == method and t.stage == 2]
    stage1 = stage1_of(trainings, nets) if nets else [t for t in trainings if t.method == method]
    first, *others = chains(stage1) or [[]]
    return DescribedMethod(
        method=method,
        title=METHOD_TITLES[method],
        nets=tuple(t.id for t in nets),
        stage1=tuple(t.id for t in first),
        stage1_of_others=tuple(tuple(t.id for t in chain) for chain in others),
    )
