"""Eq (2) in stock layers: lambda CE(P_T, P_S), with P = softmax(logits / tau)."""

from collections.abc import Iterator

from layerhint.lint.branches import Branch, logits_of_side
from layerhint.lint.cases import NetCase
from layerhint.lint.fields import settings
from layerhint.lint.finding import Finding
from layerhint.rendering.numbers import as_float32, number
from layerhint.trainings.trainings import KdLoss
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.caffe_pb2 import LayerParameter

STUDENT, TEACHER = ("Power", "Softmax", "Log"), ("Power", "Softmax")

_OWN_CHECK = {"Power": ("power_param",), "Eltwise": ("eltwise_param",), "Reduction": ("reduction_param", "loss_weight")}
"""The fields that are checked by name, by layer type."""


def check_soft_targets(case: NetCase) -> Iterator[Finding]:
    """The soft term is -1/N sum P_T log P_S, from the logits of both nets, log on the student's side."""
    kd = case.described.kd
    if kd is None:
        return
    for at, layer in enumerate(case.net.layers):
        if layer.type == "Reduction" and not case.is_frozen(layer.name):
            yield from _reduction(case, layer)
            yield from _product(case, case.net.maker(at, 0), kd)


def check_temperature(case: NetCase, branch: Branch, kd: KdLoss) -> Iterator[Finding]:
    """Each Power of a branch divides by tau."""
    for layer in (case.net.layers[i] for i in branch.layers):
        param = layer.power_param
        if layer.type == "Power" and (param.power, param.scale, param.shift) != (1, as_float32(1 / kd.tau), 0):
            yield Finding(
                case.net.file,
                layer.name,
                f"it makes ({param.scale:g} x + {param.shift:g})^{param.power:g} of the logits, the protocol divides "
                f"them by tau = {number(kd.tau)}",
                f"Write `power_param {{ scale: {number(1 / kd.tau)} }}`",
            )


def _reduction(case: NetCase, layer: LayerParameter) -> Iterator[Finding]:
    param, coeff = layer.reduction_param, -1 / case.described.batch_size
    yield from _settings(case, layer)
    if (param.operation, param.axis) != (caffe_pb2.ReductionParameter.SUM, 0):
        yield Finding(case.net.file, layer.name, "it is not the sum over all axes", "Write `operation: SUM axis: 0`")
    if param.coeff != as_float32(coeff):
        yield Finding(
            case.net.file,
            layer.name,
            f"its coeff is {param.coeff:g}, but -1/N over the {case.described.batch_size} images of a batch is "
            f"{number(coeff)}",
            f"Write `coeff: {number(coeff)}`",
        )


def _product(case: NetCase, at: int, kd: KdLoss) -> Iterator[Finding]:
    layer = case.net.layers[at]
    if layer.type != "Eltwise" or layer.eltwise_param.operation != caffe_pb2.EltwiseParameter.PROD:
        yield Finding(
            case.net.file,
            layer.name,
            "what is summed is no product of P_T and log P_S",
            "Let an Eltwise with `operation: PROD` make it",
        )
        return
    yield from _settings(case, layer)
    branches = [Branch.of(case, at, bottom) for bottom in range(len(layer.bottom))]
    for branch in branches:
        yield from _start(case, branch)
        yield from check_temperature(case, branch, kd)
        for number_ in branch.layers:
            yield from _settings(case, case.net.layers[number_])
    kinds = {branch.side(case): branch.types(case) for branch in branches}
    if len(branches) != 2 or kinds != {"student": STUDENT, "teacher": TEACHER}:
        said = "; ".join(
            f"{' -> '.join(branch.types(case)) or 'the blob itself'} of the {branch.side(case)}" for branch in branches
        )
        yield Finding(
            case.net.file,
            layer.name,
            f"its factors are {said}",
            f"Multiply {' -> '.join(STUDENT)} of the student by {' -> '.join(TEACHER)} of the teacher: the logarithm "
            "belongs to P_S",
        )


def _start(case: NetCase, branch: Branch) -> Iterator[Finding]:
    side = branch.side(case)
    logits = logits_of_side(case, side)
    if not branch.starts_at(case, logits):
        reader = case.net.layers[branch.reader]
        maker = case.net.layers[case.net.maker(branch.reader, branch.bottom)]
        yield Finding(
            case.net.file,
            reader.name,
            f"it reads '{reader.bottom[branch.bottom]}' from layer '{maker.name}', but the {side}'s logits are "
            f"'{logits.blob}' from layer '{logits.layer}'",
            f"Let it read '{logits.blob}', and no layer work on that in place",
        )


def _settings(case: NetCase, layer: LayerParameter) -> Iterator[Finding]:
    """Nothing is set but what the equation needs: a base, an axis or a propagate_down would make it another."""
    for found in settings(layer, *_OWN_CHECK.get(layer.type, ())):
        yield Finding(
            case.net.file,
            layer.name,
            f"its {found.path} is {found.found}, eq (2) has {found.wanted} there",
            found.remedy,
        )
