"""What nets that do not train compute: accuracy and loss of a test, class probabilities of a net to deploy."""

from collections.abc import Iterator

from layerhint.lint.cases import AnyNetCase
from layerhint.lint.fields import differences, without
from layerhint.lint.finding import Finding
from layerhint.nets.generated_net import is_data
from torchcaffe.proto.caffe_pb2 import LayerParameter


def check_measures(case: AnyNetCase) -> Iterator[Finding]:
    """A test net has one Accuracy and one SoftmaxWithLoss on (logits, label), a net to deploy one Softmax on logits.

    All with Caffe's defaults, and under the names of tops that the report reads.
    """
    if case.trains:
        return
    wanted = {layer.type: layer for layer in _wanted(case)}
    for kind, meant in wanted.items():
        places = [number for number, layer in enumerate(case.net.layers) if layer.type == kind]
        if len(places) != 1:
            yield Finding(
                case.net.file,
                None,
                f"it has {len(places)} {kind} layers, expected one on {' and '.join(meant.bottom)}",
                f"Write one {kind} with the top '{meant.top[0]}'",
            )
        for number in places:
            yield from _as_meant(case, number, meant)
    yield from _others(case, wanted)


def _wanted(case: AnyNetCase) -> tuple[LayerParameter, ...]:
    logits = case.logits.blob
    if case.deploys:
        return (LayerParameter(type="Softmax", bottom=[logits], top=["prob"]),)
    return (
        LayerParameter(type="Accuracy", bottom=[logits, "label"], top=["accuracy"]),
        LayerParameter(type="SoftmaxWithLoss", bottom=[logits, "label"], top=["loss"]),
    )


def _as_meant(case: AnyNetCase, number: int, meant: LayerParameter) -> Iterator[Finding]:
    layer = case.net.layers[number]
    for found in differences(without(layer, "name"), meant):
        fault = f"its {found.path} is {found.found}, expected {found.wanted}"
        yield Finding(case.net.file, layer.name, fault, found.remedy)
    maker = case.net.layers[case.net.maker(number, 0)].name
    if list(layer.bottom) == list(meant.bottom) and maker != case.logits.layer:
        yield Finding(
            case.net.file,
            layer.name,
            f"it reads '{meant.bottom[0]}' as layer '{maker}' leaves it, the class scores are those of "
            f"'{case.logits.layer}'",
            "Let no layer work on the class scores in place",
        )


def _others(case: AnyNetCase, wanted: dict[str, LayerParameter]) -> Iterator[Finding]:
    """Nothing else adds to the loss, or changes what is measured."""
    measured = {top for layer in wanted.values() for top in layer.top}
    for layer in case.net.layers:
        if layer.type in wanted or is_data(layer):
            continue
        changed = [top for top in layer.top if top in measured]
        if changed or case.net.loss_weight(layer):
            does = f"writes '{changed[0]}' too" if changed else "adds a loss"
            yield Finding(
                case.net.file,
                layer.name,
                f"this {layer.type} {does}, and only {' and '.join(wanted)} measure here",
                "Take the layer out",
            )
