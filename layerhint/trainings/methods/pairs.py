"""Stage 1 of each method: which hint and guided layers are paired, in which steps, for how long."""

from dataclasses import dataclass

from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import Experiment
from layerhint.experiments.protocol import Method
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


def stage1_steps(experiment: Experiment, teacher: Teacher, student: ResNet, method: Method) -> tuple[HintStep, ...]:
    """The hint trainings of a method in their order; none for a method without hints.

    Raises LayerhintError where the data set's protocol does not say how long the method's Stage 1 runs.
    """
    hint = experiment.protocol.hint
    match method:
        case "kd" | "sl-resnet" | "sl-resnet-kd":
            return ()
        case "hint-kd":
            found = hint_layers(experiment, teacher, student)
            return (HintStep("stage1", (_pair(experiment, found.middle),), hint.single, found.middle_is),)
        case "hint-kd-plus":
            found = hint_layers(experiment, teacher, student)
            return (HintStep("stage1", (_pair(experiment, found.last),), hint.single, found.last_is),)
        case "proposed":
            found = hint_layers(experiment, teacher, student)
            pairs = _several(experiment, found, method)
            if len(hint.layer_wise) != len(pairs):
                raise LayerhintError(
                    f"{experiment.file}: method proposed: {len(pairs)} pairs, but hint.layer_wise of "
                    f"{experiment.protocol.title}'s protocol has {len(hint.layer_wise)} lengths; give one for each pair"
                )
            lengths = zip(pairs, hint.layer_wise, strict=True)
            return tuple(HintStep(f"g{pair.number}", (pair,), length, found.several_are) for pair, length in lengths)
        case "concurrent":
            if hint.concurrent is None:
                raise LayerhintError(
                    f"{experiment.file}: method concurrent: {experiment.protocol.title}'s protocol has no "
                    "hint.concurrent; give it under `numbers:`"
                )
            found = hint_layers(experiment, teacher, student)
            together = _several(experiment, found, method, together=True)
            return (HintStep("stage1", together, hint.concurrent, found.several_are),)


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
