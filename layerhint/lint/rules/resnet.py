"""The ResNets in a net, student and teacher: layer by layer what the experiment describes.

Other rules compare copies with their originals, but a fault of a template that all nets share is in both.
"""

from collections.abc import Iterator, Mapping

from layerhint.lint.cases import NetCase
from layerhint.lint.described_resnet import described_layers
from layerhint.lint.fields import differences, with_window, without
from layerhint.lint.finding import Finding
from layerhint.trainings.architecture import ResNet
from torchcaffe.proto.caffe_pb2 import LayerParameter

_OWN_CHECK = {
    "BatchNorm": tuple(f"batch_norm_param.{field}" for field in ("use_global_stats", "moving_average_fraction", "eps"))
}
"""The fields that other rules check, by layer type."""


def check_resnet(case: NetCase) -> Iterator[Finding]:
    """All layers up to the last part that the net has are there, in order, as described, and no others among them.

    Other rules check the solver's multipliers and BatchNorm's numbers.
    """
    described, frozen = case.described, case.training.frozen
    student, teacher = described.net, described.teacher
    guided = [pair.guided.name for pair in described.pairs] or [student.logits]
    yield from _check(case, student, student.highest(guided), "")
    if isinstance(teacher, ResNet) and frozen is not None:
        hints = [pair.hint.name for pair in described.pairs] or [teacher.logits]
        yield from _check(case, teacher, teacher.highest(hints), frozen.prefix)


def _check(case: NetCase, net: ResNet, last: str, prefix: str) -> Iterator[Finding]:
    wanted = {layer.name: layer for layer in described_layers(net, last, prefix)}
    yield from _missing(case, net, wanted)
    for layer in case.net.layers:
        if layer.name in wanted:
            yield from _as_described(case, net, layer, wanted[layer.name])
    yield from _others(case, net, prefix, wanted)
    yield from _order(case, wanted)


def _missing(case: NetCase, net: ResNet, wanted: Mapping[str, LayerParameter]) -> Iterator[Finding]:
    there = {layer.name for layer in case.net.layers}
    for name in wanted:
        if name not in there:
            yield Finding(
                case.net.file,
                name,
                f"it is missing from {net.label}",
                "Write it in its place among the layers of the net",
            )


def _as_described(case: NetCase, net: ResNet, layer: LayerParameter, wanted: LayerParameter) -> Iterator[Finding]:
    plain = without(with_window(layer), "param", *_OWN_CHECK.get(layer.type, ()))
    for found in differences(plain, wanted):
        yield Finding(
            case.net.file,
            layer.name,
            f"its {found.path} is {found.found}, that of {net.label} is {found.wanted}",
            found.remedy,
        )
    shared = [spec.name for spec in layer.param if spec.name]
    if shared:
        yield Finding(
            case.net.file,
            layer.name,
            f"it would share its params with others, by the name '{shared[0]}'",
            "Leave the name out of its `param`",
        )


def _others(case: NetCase, net: ResNet, prefix: str, wanted: Mapping[str, LayerParameter]) -> Iterator[Finding]:
    """No other layer has the name of a part or, in a teacher, its prefix; none writes one of their blobs."""
    blobs = {top for layer in wanted.values() for top in layer.top}
    for layer in case.net.layers:
        if layer.name in wanted:
            continue
        if _is_named_as_part(layer.name, net, prefix):
            yield Finding(case.net.file, layer.name, f"{net.label} has no such layer here", "Take it out")
        elif blobs.intersection(layer.top):
            yield Finding(
                case.net.file,
                layer.name,
                f"it writes '{layer.top[0]}', a blob of {net.label}, which has no such layer",
                "Give its top a name of its own, or take the layer out",
            )


def _is_named_as_part(layer: str, net: ResNet, prefix: str) -> bool:
    if prefix:
        return layer.startswith(prefix)
    return layer.partition("/")[0] in net.parts


def _order(case: NetCase, wanted: Mapping[str, LayerParameter]) -> Iterator[Finding]:
    """The first layer out of order: those that work in place depend on it."""
    there = dict.fromkeys(layer.name for layer in case.net.layers if layer.name in wanted)
    for found, meant in zip(there, (name for name in wanted if name in there), strict=True):
        if found != meant:
            yield Finding(
                case.net.file,
                found,
                f"it stands where '{meant}' belongs",
                "Keep the order of the layers: those that work in place depend on it",
            )
            return
