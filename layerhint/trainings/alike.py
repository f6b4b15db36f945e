"""Which trainings can share their teacher's work, in lockstep."""

from collections.abc import Hashable, Sequence

from layerhint.trainings.trainings import Training


def alike(trainings: Sequence[Training]) -> list[tuple[Training, ...]]:
    """Those that can go in lockstep, group by group, a group of one included; the others are in none.

    In lockstep go trainings that nothing else waits for, and that have the same teacher, frozen, the same images with
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
