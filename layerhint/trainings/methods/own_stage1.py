"""Stage 1 repeated for each net of Stage 2: the paper's nets share one, so that they are not independent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from layerhint.trainings.trainings import Training

SEEDS_APART = 1000
"""Net k's seeds of Stage 1 are those of the shared Stage 1 and k - 1 times this."""


def with_own_stage1(trainings: Sequence[Training]) -> list[Training]:
    """A method's trainings, with a Stage 1 for each net from net 2 on; net 1 has the shared one.

    Each has a folder of its own below the method's, draws its own random weights and sees its own crops and mirrors.
    """
    shared = [training for training in trainings if training.stage == 1]
    if not shared:
        return list(trainings)
    result = shared.copy()
    for net in (training for training in trainings if training.stage == 2):
        number = net.student or 1
        own = dict(_repeated(shared, number)) if number > 1 else {}
        result += own.values()
        moved = {before: training.id for before, training in own.items()}
        result.append(replace(net.with_origins(moved), own_stage1=True))
    return result


def chains(trainings: Sequence[Training]) -> list[list[Training]]:
    """The Stage 1 trainings of a method by the net that they are for, the shared one or net 1's first."""
    by_net: dict[int, list[Training]] = {}
    for training in trainings:
        by_net.setdefault(training.student or 1, []).append(training)
    return [by_net[number] for number in sorted(by_net)]


def _repeated(shared: Sequence[Training], number: int) -> Iterator[tuple[str, Training]]:
    """The shared Stage 1 once more for net `number`, each training with the id of the one that it repeats."""
    moved: dict[str, str] = {}
    for training in shared:
        own = _apart(training, number, moved)
        moved[training.id] = own.id
        yield training.id, own


def _apart(training: Training, number: int, moved: Mapping[str, str]) -> Training:
    """The training in a folder of its own: not net<k>, the prefix of the net's snapshots, or Caffe puts these there."""
    further = SEEDS_APART * (number - 1)
    own = training.with_origins(moved)
    return replace(
        own,
        folder=f"{training.folder}/stage1_of_net{number}",
        title=f"{training.title}, of net {number} alone",
        seed=training.seed + further,
        init=own.init and replace(own.init, seed=own.init.seed + further),
        student=number,
        own_stage1=True,
    )
