"""Stage 1 with hints: which hint and guided layers are paired, in which steps, for how long."""

from collections.abc import Callable
from dataclasses import dataclass

from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import Experiment
from layerhint.experiments.methods import Method
from layerhint.trainings.architecture import ResNet
from layerhint.trainings.methods.hint_layers import HintLayers, Layers, hint_layers
from layerhint.trainings.trainings import HintPair, Regressor, Teacher


@dataclass(frozen=True)
class HintStep:
    """One hint training of `max_iter` iterations; its last pair is the highest. `layers` says what H and G are."""

    name: str
    pairs: tuple[HintPair, ...]
    max_iter: int
    layers: str


Stage1 = Callable[[Experiment, Teacher, ResNet, Method], tuple[HintStep, ...]]
"""The hint trainings of a method in their order.

Raises LayerhintError where the data set's protocol does not say how long they run, or for layers that make no pairs.
"""


def middle_pair(experiment: Experiment, teacher: Teacher, student: ResNet, method: Method) -> tuple[HintStep, ...]:
    """One hint, in the middle of the nets."""
    found = hint_layers(experiment, teacher, student)
    return (HintStep("stage1", (_pair(experiment, found.middle),), experiment.protocol.hint.single, found.middle_is),)


def last_pair(experiment: Experiment, teacher: Teacher, student: ResNet, method: Method) -> tuple[HintStep, ...]:
    """One hint, at the end of the nets."""
    found = hint_layers(experiment, teacher, student)
    return (HintStep("stage1", (_pair(experiment, found.last),), experiment.protocol.hint.single, found.last_is),)


def pair_by_pair(experiment: Experiment, teacher: Teacher, student: ResNet, method: Method) -> tuple[HintStep, ...]:
    """Several hints, one after the other from the bottom up."""
    lengths = experiment.protocol.hint.layer_wise
    found = hint_layers(experiment, teacher, student)
    pairs = _several(experiment, found, method)
    if len(lengths) != len(pairs):
        raise LayerhintError(
            f"{experiment.file}: method {method}: {len(pairs)} pairs, but hint.layer_wise of "
            f"{experiment.protocol.title}'s protocol has {len(lengths)} lengths; give one for each pair"
        )
    return tuple(
        HintStep(f"g{pair.number}", (pair,), length, found.several_are)
        for pair, length in zip(pairs, lengths, strict=True)
    )


def pairs_together(experiment: Experiment, teacher: Teacher, student: ResNet, method: Method) -> tuple[HintStep, ...]:
    """Several hints in one training, eq. (7)."""
    length = experiment.protocol.hint.concurrent
    if length is None:
        raise LayerhintError(
            f"{experiment.file}: method {method}: {experiment.protocol.title}'s protocol has no "
            "hint.concurrent; give it under `numbers:`"
        )
    found = hint_layers(experiment, teacher, student)
    return (HintStep("stage1", _several(experiment, found, method, together=True), length, found.several_are),)


def _several(experiment: Experiment, found: HintLayers, method: Method, together: bool = False) -> tuple[HintPair, ...]:
    """(H1, G1), (H2, G2), ...; in one net together, each loss weighs a_i / n, eq (7) for n pairs."""
    layers = found.several
    if len(layers) < 2:
        raise LayerhintError(
            f"{experiment.file}: method {method}: with one pair it is hint-kd; name two pairs or more, or leave it out"
        )
    weight = experiment.protocol.hint.concurrent_weight / len(layers) if together else 1.0
    return tuple(
        _pair(experiment, pair, number=str(i), prefix=f"hint{i}" if together else "hint", weight=weight)
        for i, pair in enumerate(layers, start=1)
    )


def _pair(
    experiment: Experiment, layers: Layers, number: str = "", prefix: str = "hint", weight: float = 1.0
) -> HintPair:
    """H and G, with a regressor between them where their widths differ."""
    hint, guided = layers
    regressor = None
    if hint.channels != guided.channels:
        kernel = int(experiment.switches.regressor_kernel)
        regressor = Regressor(kernel, experiment.protocol.regressor.std)
    return HintPair(number, prefix, hint, guided, weight, regressor)
