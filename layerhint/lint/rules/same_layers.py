"""Layers that two nets have in common: a copy computes what the original computes, and a test what was trained."""

from collections.abc import Callable, Iterator

from layerhint.lint.cases import TrainingCase
from layerhint.lint.fields import differences, without
from layerhint.lint.finding import Finding
from layerhint.nets.generated_net import GeneratedNet, is_data
from layerhint.surgery.declaration import Source
from torchcaffe.proto.caffe_pb2 import LayerParameter

_OF_A_COPY = {"BatchNorm": ("batch_norm_param.use_global_stats", "batch_norm_param.moving_average_fraction")}


def check_copies(case: TrainingCase) -> Iterator[Finding]:
    """Layers that take weights are as in the net where these were trained: shapes alone show no stride and no ReLU."""
    for source in case.surgery.sources if case.surgery else ():
        parent = case.parent_nets.get(source.weights)
        if parent is not None:
            yield from _differences(case.train, parent, source.prefix, _chosen(source))


def check_tested(case: TrainingCase) -> Iterator[Finding]:
    """The nets to test and to deploy are the one that trains."""
    parts = set(case.training.train.net.parts)
    for net in case.tested:
        yield from _differences(net, case.train, "", lambda name: name.partition("/")[0] in parts)


def _chosen(source: Source) -> Callable[[str], bool]:
    """A function that tells whether a source takes a layer, by its name in the parent."""
    return lambda name: source.fills(source.prefix + name)


def _differences(
    here: GeneratedNet, there: GeneratedNet, prefix: str, chosen: Callable[[str], bool]
) -> Iterator[Finding]:
    mine, theirs = _body(here, prefix, chosen), _body(there, "", chosen)
    for name in (name for name in theirs if name not in mine):
        yield Finding(
            here.file, prefix + name, f"it is missing, but {there.file} has it", "Write it as it stands there"
        )
    for name, layer in mine.items():
        if name not in theirs:
            yield Finding(
                here.file, layer.name, f"{there.file} has no such layer", "Take it out, or write it there too"
            )
            continue
        for field in differences(_plain(layer, prefix), _plain(theirs[name], "")):
            yield Finding(
                here.file,
                layer.name,
                f"its {field.path} is {field.found}, that of '{name}' in {there.file} is {field.wanted}",
                "Let the two be one layer, but for prefix, multipliers and use_global_stats",
            )
    yield from _order(here, there, prefix, [name for name in mine if name in theirs], [n for n in theirs if n in mine])


def _body(net: GeneratedNet, prefix: str, chosen: Callable[[str], bool]) -> dict[str, LayerParameter]:
    """The chosen layers by their names without the prefix; data and losses are each net's own."""
    return {
        layer.name.removeprefix(prefix): layer
        for layer in net.layers
        if layer.name.startswith(prefix)
        and chosen(layer.name.removeprefix(prefix))
        and not is_data(layer)
        and not net.loss_weight(layer)
    }


def _plain(layer: LayerParameter, prefix: str) -> LayerParameter:
    """A layer without what may differ in a copy: the prefix of its names, multipliers, use_global_stats."""
    plain = without(layer, "name", "param", *_OF_A_COPY.get(layer.type, ()))
    plain.bottom[:] = [blob.removeprefix(prefix) for blob in layer.bottom]
    plain.top[:] = [blob.removeprefix(prefix) for blob in layer.top]
    return plain


def _order(
    here: GeneratedNet, there: GeneratedNet, prefix: str, mine: list[str], theirs: list[str]
) -> Iterator[Finding]:
    """The layers have the same order, which decides about layers that work in place."""
    for name, other in zip(mine, theirs, strict=True):
        if name != other:
            yield Finding(
                here.file,
                prefix + name,
                f"it stands where {there.file} has '{other}'",
                "Keep the order of the layers: those that work in place depend on it",
            )
            return
