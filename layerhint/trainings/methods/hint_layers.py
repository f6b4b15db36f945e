"""Which hint layer of the teacher and which guided layer of the student make a pair, for each method."""

from collections.abc import Sequence
from dataclasses import dataclass

from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import Experiment
from layerhint.trainings.architecture import FeatureMap, ResNet
from layerhint.trainings.trainings import Teacher

Layers = tuple[FeatureMap, FeatureMap]
"""A hint layer and its guided layer."""


NAMED = "as the experiment names them"
MIDDLE = {
    "module": "the middle layers: residual module number ceil(3n/2) of the 3n in each net",
    "stage2_end": "the middle layers: the ends of stage 2",
}
LAST = {
    "stage3": "the ends of stage 3: all of a net but its pool and FC",
    "pool": "the pooled vectors: all of a net but its FC",
}
SEVERAL = {
    "stage_end": "the last blobs of each size of feature maps",
    "first_of_size": "the first blobs of each new size of feature maps, and the last of all",
    "stage_start": "the first modules of each stage",
}
"""Descriptions of the layers that the switches' values choose, for the generated files."""


@dataclass(frozen=True)
class HintLayers:
    """The pairs of layers: Hint-KD's, Hint-KD+'s, and those of the methods with several, bottom to top.

    `middle_is`, `last_is` and `several_are` describe these layers in words.
    """

    middle: Layers
    last: Layers
    several: tuple[Layers, ...]
    middle_is: str = NAMED
    last_is: str = NAMED
    several_are: str = NAMED


def hint_layers(experiment: Experiment, teacher: Teacher, student: ResNet) -> HintLayers:
    """The pairs that the experiment names or, between two ResNets, those that its switches choose.

    Of n named pairs Hint-KD has number ceil(n/2), Hint-KD+ the last.
    Raises LayerhintError for pairs of unequal size, for some that do not go up the student (as a switch would have it
    for a student of 8 layers), and for none at all.
    """
    if experiment.pairs:
        return _named(experiment, teacher, student)
    if not isinstance(teacher, ResNet):
        raise LayerhintError(
            f"{experiment.file}: the hint layers of a teacher of your own are not known: name them under "
            "`pairs:`, such as `- {hint: conv3, guided: res1_1}`"
        )
    switches = experiment.switches
    chosen = switches.hint_layers
    several = tuple(zip(teacher.hint_layers(chosen), student.hint_layers(chosen), strict=True))
    try:
        _check(several, teacher, student)
    except LayerhintError as error:
        raise LayerhintError(f"{experiment.file or experiment.name}: hint_layers={chosen}: {error}") from None
    return HintLayers(
        middle=(teacher.middle_layer(switches.middle_layer), student.middle_layer(switches.middle_layer)),
        last=(teacher.last_layer(switches.hint_plus_layer), student.last_layer(switches.hint_plus_layer)),
        several=several,
        middle_is=MIDDLE[switches.middle_layer],
        last_is=LAST[switches.hint_plus_layer],
        several_are=SEVERAL[chosen],
    )


def _named(experiment: Experiment, teacher: Teacher, student: ResNet) -> HintLayers:
    try:
        named = [(teacher.output(pair.hint), student.output(pair.guided)) for pair in experiment.pairs]
        _check(named, teacher, student)
    except LayerhintError as error:
        raise LayerhintError(f"{experiment.file}: pairs: {error}") from None
    return HintLayers(middle=named[-(-len(named) // 2) - 1], last=named[-1], several=tuple(named))


def _check(pairs: Sequence[Layers], teacher: Teacher, student: ResNet) -> None:
    for hint, guided in pairs:
        if hint.size != guided.size:
            raise LayerhintError(
                f"hint {hint.name!r} of {teacher.label} is {_said(hint)} an image, guided {guided.name!r} of "
                f"{student.label} {_said(guided)}: pair layers of one height and width; a regressor evens out "
                "channels alone"
            )
    places = [student.parts.index(guided.name) for _, guided in pairs]
    for (_, guided), place, below in zip(pairs[1:], places[1:], places, strict=False):
        if place <= below:
            raise LayerhintError(
                f"guided {guided.name!r} does not lie above {student.parts[below]!r}: let the pairs go up the student, "
                "since each step starts from where the one before it ended"
            )


def _said(layer: FeatureMap) -> str:
    return f"{layer.channels} x {layer.size} x {layer.size}"
