"""A teacher that its owner has trained, as an experiment's file names it."""

import re
from pathlib import Path

from layerhint.errors import LayerhintError
from layerhint.experiments.experiment_file import OwnTeacherChoice
from layerhint.paths import seen_from_root
from layerhint.validation import Frozen

_FREE_NAME = re.compile(r"(?!resnet\d)[a-z0-9][a-z0-9_-]{0,63}")


class OwnTeacher(Frozen):
    """See `OwnTeacherChoice`. The paths are spelt as Caffe reads them; folders and titles have `name`."""

    name: str
    net: str
    weights: str
    logits: str
    input: str


def own_teacher(choice: OwnTeacherChoice, experiment: Path) -> OwnTeacher:
    """The teacher that an experiment's file names. Raises LayerhintError for a name that no folder can have."""
    name = choice.name or Path(choice.net).stem
    if not _FREE_NAME.fullmatch(name):
        raise LayerhintError(
            f"{experiment}: teacher: {name!r} cannot name the folder of its generated files: give it a `name:` of a-z, "
            "0-9, - and _, which does not begin like a ResNet's"
        )
    net, weights = (seen_from_root(experiment.parent / file) for file in (choice.net, choice.weights))
    return OwnTeacher(name=name, net=net, weights=weights, logits=choice.logits, input=choice.input)
