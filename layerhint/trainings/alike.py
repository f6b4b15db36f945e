"""Which trainings can share their teacher's work, in lockstep."""

from collections.abc import Hashable, Sequence

from layerhint.trainings.trainings import Training


def alike(trainings: Sequence[Training]) -> list[tuple[Training, ...]]:
    """Groups of trainings that can run in lockstep; a group may have one member, and other trainings are in no group.

    In lockstep run trainings from which no other starts, and that have the same frozen teacher, the same images with
    the same random numbers, and the same schedule.
    """
    awaited = {parent for training in trainings for parent in training.parents}
    groups: dict[Hashable, list[Training]] = {}
    for training in trainings:
        if training.frozen is not None and training.id not in awaited:
            groups.setdefault(_what_they_share(training), []).append(training)
    return [tuple(group) for group in groups.values()]


def _what_they_share(training: Training) -> Hashable:
    teacher = training.frozen and training.frozen.origin
    images = training.dataset, training.train.images, training.batch_size, training.seed
    return teacher, *images, training.schedule
