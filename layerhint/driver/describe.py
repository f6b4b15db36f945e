"""What the report needs of an experiment: its rows, their trainings, the paper's numbers and claims."""

import json
from pathlib import Path
from typing import Any

from layerhint.driver.schedules import has_papers_schedules
from layerhint.experiments.experiment import METHOD_TITLES, Experiment, Net
from layerhint.experiments.own_teacher import OwnTeacher
from layerhint.experiments.protocol import Method
from layerhint.records import fingerprint
from layerhint.trainings.expand import expand_own, stage1_of
from layerhint.trainings.methods.own_stage1 import chains
from layerhint.trainings.methods.own_teacher import teacher_tests
from layerhint.trainings.trainings import Training


def describe(experiment: Experiment) -> dict[str, Any]:
    """The record of an experiment, as JSON values.

    `teacher` and `student` name their nets and the plain trainings that made them (None where none is part of the
    experiment). `against` is the record of the experiment whose rows stand beside this one's, or None. `file` is
    the YAML of one's own that it was read from, None for an experiment of the repository. `papers_schedules`: see
    `has_papers_schedules`. `protocol` stands for all numbers of the protocol, and for the pairs of layers.
    """
    trainings = expand_own(experiment)
    reported = experiment.reported
    return {
        "kind": "experiment",
        "name": experiment.name,
        "file": Path(experiment.file).as_posix() if experiment.is_own else None,
        "title": experiment.title,
        "heading": experiment.heading,
        "dataset": experiment.dataset,
        "profile": experiment.profile,
        "scale": experiment.scale,
        "overrides": dict(experiment.overrides),
        "papers_schedules": has_papers_schedules(experiment),
        "protocol": _fingerprint(experiment),
        "independent_stage1": experiment.independent_stage1,
        "switches": experiment.switches.model_dump(mode="json"),
        "variant_of": experiment.base.name if experiment.base else None,
        "variant": experiment.variant or None,
        "shows": experiment.shows,
        "claims": list(experiment.claims),
        "comparisons": list(experiment.comparisons),
        "measure": reported.measure if reported else "accuracy",
        "teacher": _teacher(experiment, trainings),
        "student": _net(experiment.student, trainings, -1 if 2 in experiment.stages else None),
        "methods": [_method(experiment, method, trainings) for method in experiment.methods],
        "reported": reported.model_dump(mode="json") if reported else None,
        "against": describe(experiment.against) if experiment.against else None,
    }


def _fingerprint(experiment: Experiment) -> str:
    """The same for the same numbers, wherever the images of one's own lie."""
    numbers = experiment.protocol.model_dump(mode="json", exclude={"source": {"folder"}})
    return fingerprint.of_text(json.dumps([numbers, repr(experiment.pairs)], sort_keys=True))


def _teacher(experiment: Experiment, trainings: tuple[Training, ...]) -> dict[str, Any]:
    """A teacher that its owner has trained has a name, in the place of a depth, and a check instead of a training."""
    teacher = experiment.teacher
    if isinstance(teacher, OwnTeacher):
        (check,) = teacher_tests([experiment])
        own: dict[str, Any] = {"depth": None, "filters": [], "training": None, "checked": check.id}
        return own | teacher.model_dump(mode="json")
    return _net(teacher, trainings, 0)


def _net(net: Net, trainings: tuple[Training, ...], plain: int | None) -> dict[str, Any]:
    made_by = None if plain is None else [t for t in trainings if t.stage == 0][plain].id
    return {**net.model_dump(mode="json"), "training": made_by}


def _method(experiment: Experiment, method: Method, trainings: tuple[Training, ...]) -> dict[str, Any]:
    """`stage1` is what the nets share or, where each has its own, net 1's; `stage1_of_others` has nets 2's, 3's, ..."""
    nets = [t for t in trainings if t.method == method and t.stage == 2]
    stage1 = stage1_of(trainings, nets) if nets else [t for t in trainings if t.method == method]
    first, *others = chains(stage1) or [[]]
    return {
        "method": method,
        "title": METHOD_TITLES[method],
        "nets": [t.id for t in nets],
        "stage1": [t.id for t in first],
        "stage1_of_others": [[t.id for t in chain] for chain in others],
    }
