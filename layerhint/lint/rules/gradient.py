"""Which layers a net runs backward, as Caffe plans it, and whether they are the right ones."""

from collections.abc import Iterator

from layerhint.lint.cases import NetCase
from layerhint.lint.finding import Finding
from layerhint.nets.generated_net import GeneratedNet
from torchcaffe.proto.caffe_pb2 import LayerParameter


def check_gradient(case: NetCase) -> Iterator[Finding]:
    """No gradient reaches a frozen layer; one reaches every layer that learns."""
    if not case.trains:
        return
    runs, needs = layers_run_backward(case.net), _needs(case.net)
    for number, layer in enumerate(case.net.layers):
        if case.is_frozen(layer.name):
            below = case.net.makers[number]
            if runs[number] and not any(runs[i] and case.is_frozen(case.net.layers[i].name) for i in below):
                yield _reaches(case, layer, number, needs)
        elif _learns(case.net, layer) and not runs[number]:
            yield Finding(
                case.net.file,
                layer.name,
                "it learns nothing: no gradient of a loss reaches it",
                "Let the loss read a blob that depends on it, and let no propagate_down stand between them",
            )


def layers_run_backward(net: GeneratedNet) -> list[bool]:
    """For each layer whether Caffe runs it backward.

    It does where some param at or below the layer learns, a loss lies above it, and some layer above it asks for a
    gradient; `propagate_down` can ask or refuse, and `force_backward` makes all layers run.
    Source: Caffe 1.0, `Net::Init`.
    """
    if net.param.force_backward:
        return [True] * len(net.layers)
    needs = _needs(net)
    runs = [False] * len(net.layers)
    read: set[int] = set()
    asked: set[int] = set()
    under_loss: set[int] = set()
    for number in reversed(range(len(net.layers))):
        layer = net.layers[number]
        contributes = net.loss_weight(layer) != 0 or number in under_loss
        cut_off = number in read and number not in asked
        runs[number] = needs[number] and contributes and not cut_off
        told = list(layer.propagate_down)
        for bottom, maker in enumerate(net.makers[number]):
            read.add(maker)
            if contributes:
                under_loss.add(maker)
            if runs[number] and (told[bottom] if told else needs[maker]):
                asked.add(maker)
    return runs


def _needs(net: GeneratedNet) -> list[bool]:
    """For each layer whether a param that learns is in it or below it."""
    needs: list[bool] = []
    for layer, makers in zip(net.layers, net.makers, strict=True):
        needs.append(_learns(net, layer) or any(needs[maker] for maker in makers))
    return needs


def _learns(net: GeneratedNet, layer: LayerParameter) -> bool:
    count = len(net.param_shapes(layer.name))
    said = [spec.lr_mult != 0 for spec in layer.param]
    return any(said) or len(said) < count


def _reaches(case: NetCase, layer: LayerParameter, number: int, needs: list[bool]) -> Finding:
    """The lowest frozen layer that runs backward, and why it does."""
    net = case.net
    fault = "it is frozen, but Caffe would run it backward: "
    reads = [blob for blob, maker in zip(layer.bottom, net.makers[number], strict=True) if needs[maker]]
    if net.param.force_backward:
        why, remedy = "the net says force_backward", "Leave force_backward out of the net"
    elif _learns(net, layer):
        why, remedy = "its own params learn", "Give each of its params lr_mult 0 and decay_mult 0"
    else:
        why = f"its bottom '{reads[0]}' comes from layers that learn"
        remedy = "Let frozen layers read the images and one another alone"
    return Finding(net.file, layer.name, fault + why, remedy)
