"""A variant of an experiment: what it changes is trained apart, the rest is shared with its base."""

from collections.abc import Sequence
from dataclasses import replace

from layerhint.trainings.trainings import Training


def apart(trainings: Sequence[Training], base: Sequence[Training], variant: str) -> tuple[Training, ...]:
    """The trainings of a variant, those that differ from the base's of the same id in a folder `.../<variant>`.

    A training differs if its description does, or if one that it starts from does.
    """
    known = {training.id: training for training in base}
    moved: dict[str, str] = {}
    result = []
    for training in trainings:
        if training != known.get(training.id) or any(parent in moved for parent in training.parents):
            changed = replace(training, folder=f"{training.folder}/{variant}").with_origins(moved)
            moved[training.id] = changed.id
            training = changed
        result.append(training)
    return tuple(result)
