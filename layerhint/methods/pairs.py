"""Stage 1 of each method: which hint and guided layers are paired, in which steps, for how long."""

from collections.abc import Sequence
from dataclasses import dataclass

from layerhint.architecture import FeatureMap, ResNet
from layerhint.errors import LayerhintError
from layerhint.experiment import Experiment
from layerhint.protocol import Method
from layerhint.trainings import HintPair, Regressor


@dataclass(frozen=True)
class HintStep:
    """One hint training of `max_iter` iterations; its last pair is the highest."""

    name: str
    pairs: tuple[HintPair, ...]
    max_iter: int


def stage1_steps(experiment: Experiment, teacher: ResNet, student: ResNet, method: Method) -> tuple[HintStep, ...]:
    """The hint trainings of a method in their order; none for a method without hints.

    Raises LayerhintError where the data set's protocol does not say how long the method's Stage 1 runs.
    """
    switches, hint = experiment.switches, experiment.protocol.hint
    match method:
        case "kd" | "sl-resnet" | "sl-resnet-kd":
            return ()
        case "hint-kd":
            middle = switches.middle_layer
            layers = (teacher.middle_layer(middle), student.middle_layer(middle))
            return (HintStep("stage1", (_pair(experiment, *layers),), hint.single),)
        case "hint-kd-plus":
            last = switches.hint_plus_layer
            layers = (teacher.last_layer(last), student.last_layer(last))
            return (HintStep("stage1", (_pair(experiment, *layers),), hint.single),)
        case "proposed":
            pairs = _three_pairs(experiment, teacher, student)
            lengths = zip(pairs, hint.layer_wise, strict=True)
            return tuple(HintStep(f"g{pair.number}", (pair,), length) for pair, length in lengths)
        case "concurrent":
            if hint.concurrent is None:
                raise LayerhintError(
                    f"{experiment.file}: method concurrent: {experiment.protocol.title}'s protocol has no "
                    "hint.concurrent; give it under `numbers:`"
                )
            together = _three_pairs(experiment, teacher, student, together=True)
            return (HintStep("stage1", together, hint.concurrent),)


def _three_pairs(
    experiment: Experiment, teacher: ResNet, student: ResNet, together: bool = False
) -> tuple[HintPair, ...]:
    """(H1, G1), (H2, G2), (H3, G3); in one net together, each loss weighs a_i / 3 with a_i = 1, eq (7)."""
    reading = experiment.switches.hint_layers
    layers: Sequence[tuple[FeatureMap, FeatureMap]] = list(
        zip(teacher.hint_layers(reading), student.hint_layers(reading), strict=True)
    )
    weight = 1 / len(layers) if together else 1.0
    return tuple(
        _pair(experiment, *pair, number=str(i), prefix=f"hint{i}" if together else "hint", weight=weight)
        for i, pair in enumerate(layers, start=1)
    )


def _pair(
    experiment: Experiment,
    hint: FeatureMap,
    guided: FeatureMap,
    number: str = "",
    prefix: str = "hint",
    weight: float = 1.0,
) -> HintPair:
    """H and G, with a regressor between them where their widths differ."""
    regressor = None
    if hint.channels != guided.channels:
        kernel = int(experiment.switches.regressor_kernel)
        regressor = Regressor(kernel, experiment.protocol.regressor.std)
    return HintPair(number, prefix, hint, guided, weight, regressor)
