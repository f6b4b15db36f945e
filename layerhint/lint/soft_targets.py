"""Eq (2) in stock layers: lambda CE(P_T, P_S), with P = softmax(logits / tau), and the true-label term."""

from collections.abc import Iterator
from dataclasses import dataclass

from layerhint.lint.cases import NetCase
from layerhint.lint.finding import Finding
from layerhint.lint.numbers import as_float32
from layerhint.rendering.text_filters import number
from layerhint.trainings.trainings import KdLoss
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.caffe_pb2 import LayerParameter

STUDENT, TEACHER = ("Power", "Softmax", "Log"), ("Power", "Softmax")


def check_soft_targets(case: NetCase) -> Iterator[Finding]:
    """The soft term is -1/N sum P_T log P_S, log on the student's side; the true-label term is the switch's."""
    kd = case.described.kd
    if kd is None:
        return
    for at, layer in enumerate(case.net.layers):
        if layer.type == "Reduction":
            yield from _reduction(case, layer)
            yield from _product(case, case.net.maker(at, 0), kd)
        elif layer.type == "SoftmaxWithLoss":
            yield from _true_labels(case, at, kd)


@dataclass(frozen=True)
class _Branch:
    """The layers from some logits up to a bottom of the product, by number; a frozen layer is the teacher's."""

    layers: tuple[int, ...]
    logits: int

    @classmethod
    def of(cls, case: NetCase, top: int) -> "_Branch":
        layers: list[int] = []
        while case.net.layers[top].type in STUDENT and not case.is_frozen(case.net.layers[top].name):
            layers.insert(0, top)
            top = case.net.maker(top, 0)
        return cls(tuple(layers), top)


def _reduction(case: NetCase, layer: LayerParameter) -> Iterator[Finding]:
    param, coeff = layer.reduction_param, -1 / case.described.batch_size
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
    branches = [_Branch.of(case, maker) for maker in case.net.makers[at]]
    for branch in branches:
        yield from _temperature(case, branch, kd)
    kinds = {_side(case, branch): tuple(case.net.layers[i].type for i in branch.layers) for branch in branches}
    if kinds != {"student": STUDENT, "teacher": TEACHER}:
        said = "; ".join(f"{' -> '.join(types) or 'the logits'} of the {side}" for side, types in kinds.items())
        yield Finding(
            case.net.file,
            layer.name,
            f"its factors are {said}",
            f"Multiply {' -> '.join(STUDENT)} of the student by {' -> '.join(TEACHER)} of the teacher: the logarithm "
            "belongs to P_S",
        )


def _side(case: NetCase, branch: _Branch) -> str:
    return "teacher" if case.is_frozen(case.net.layers[branch.logits].name) else "student"


def _temperature(case: NetCase, branch: _Branch, kd: KdLoss) -> Iterator[Finding]:
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


def _true_labels(case: NetCase, at: int, kd: KdLoss) -> Iterator[Finding]:
    layer, maker = case.net.layers[at], case.net.maker(at, 0)
    branch = _Branch.of(case, maker)
    softened = tuple(case.net.layers[i].type for i in branch.layers) == ("Power",)
    plain = not branch.layers
    right = softened if kd.label_term == "softened" else plain
    if not right or _side(case, branch) != "student":
        wanted = "p_s / tau" if kd.label_term == "softened" else "p_s"
        yield Finding(
            case.net.file,
            layer.name,
            f"on '{layer.bottom[0]}' it is not CE(y_true, softmax({wanted}))",
            f"Let it read {wanted}, the student's logits{' over tau' if kd.label_term == 'softened' else ''}",
        )
