"""What a training minimises: its losses and their weights, in the text and in the protocol."""

from collections import Counter
from collections.abc import Iterator

from layerhint.lint.cases import NetCase
from layerhint.lint.finding import Finding
from layerhint.rendering.numbers import as_float32, number


def check_losses(case: NetCase) -> Iterator[Finding]:
    """The protocol's losses are there, each once, with the protocol's weights, and no other."""
    if not case.trains:
        return
    wanted = _wanted(case)
    found: Counter[str] = Counter()
    for layer in case.net.layers:
        weight = case.net.loss_weight(layer)
        if not weight:
            continue
        found[layer.type] += 1
        if layer.type not in wanted:
            yield Finding(
                case.net.file,
                layer.name,
                f"this {layer.type} weighs {weight:g} in the loss, and the protocol has no such loss here",
                "Take the layer out, or its loss_weight",
            )
        elif weight != as_float32(wanted[layer.type][0]):
            said = number(wanted[layer.type][0])
            yield Finding(
                case.net.file,
                layer.name,
                f"its loss_weight is {weight:g}, the protocol's is {said}{_origin(case, layer.type)}",
                f"Write `loss_weight: {said}`",
            )
        if layer.HasField("loss_param"):
            yield Finding(
                case.net.file,
                layer.name,
                "its loss_param changes what it is divided by, or which labels count",
                "Leave loss_param out",
            )
    for kind, (_, count) in wanted.items():
        if found[kind] != count:
            yield Finding(
                case.net.file,
                None,
                f"{found[kind]} of its {kind} layers weigh in the loss, the protocol has {count}",
                f"Write {count}, with a loss_weight that is not 0",
            )
    yield from _numbers_of_kd(case)


def _wanted(case: NetCase) -> dict[str, tuple[float, int]]:
    """By layer type the weight of a loss and how many there are.

    A lone hint weighs 1, each of n hints a_i / n, eq (7); the soft term lambda, or lambda * tau^2, eq (2).
    """
    wanted: dict[str, tuple[float, int]] = {}
    pairs = len(case.described.pairs)
    if pairs:
        wanted["EuclideanLoss"] = (_a_i(case) / pairs if pairs > 1 else 1.0, pairs)
    else:
        wanted["SoftmaxWithLoss"] = (1.0, 1)
    kd = case.described.kd
    if kd:
        factor = kd.tau**2 if case.experiment.switches.soft_target_factor == "tau_squared" else 1
        wanted["Reduction"] = (kd.lambda_ * factor, 1)
    return wanted


def _origin(case: NetCase, kind: str) -> str:
    kd, pairs = case.described.kd, len(case.described.pairs)
    if kind == "Reduction" and kd:
        squared = case.experiment.switches.soft_target_factor == "tau_squared"
        return f" (lambda {number(kd.lambda_)}{' times tau^2' if squared else ''})"
    return f" (a_i / {pairs}, a_i = {number(_a_i(case))})" if kind == "EuclideanLoss" and pairs > 1 else ""


def _a_i(case: NetCase) -> float:
    return case.experiment.protocol.hint.concurrent_weight


def _numbers_of_kd(case: NetCase) -> Iterator[Finding]:
    """tau and lambda are the protocol's."""
    kd, tau, lambda_ = case.described.kd, case.experiment.protocol.kd.tau, _lambda(case)
    if kd is not None and (kd.tau, kd.lambda_) != (tau, lambda_):
        yield Finding(
            case.net.file,
            None,
            f"it is made for tau {number(kd.tau)} and lambda {number(kd.lambda_)}, the protocol has tau {number(tau)} "
            f"and lambda {number(lambda_)}",
            "Take both from the experiment's protocol",
        )


def _lambda(case: NetCase) -> float:
    """The protocol's lambda: SL-ResNet's own for a student whose Stage 1 had no hints."""
    protocol = case.experiment.protocol
    without_hints = any(parent.stage == 1 and not parent.train.pairs for parent in case.parents)
    return protocol.lambda_of_sl_resnet if without_hints else protocol.kd.lambda_
