"""The hint losses: which blobs they compare, and of which shapes.

That a loss reads a blob's last value, after its ReLU, needs no rule: Caffe sets up no net in which a layer works in
place on a blob that another layer has read.
"""

from collections.abc import Iterable, Iterator

from layerhint.lint.cases import NetCase
from layerhint.lint.fields import differences, with_window, without
from layerhint.lint.finding import Finding
from layerhint.trainings.architecture import FeatureMap
from layerhint.trainings.trainings import HintPair, Regressor
from layerhint.wording import spelt
from torchcaffe.proto.caffe_pb2 import ConvolutionParameter, FillerParameter, LayerParameter


def check_hint_pairs(case: NetCase) -> Iterator[Finding]:
    """Each pair has its EuclideanLoss over G, or over the regressor on G, and H."""
    for pair in case.described.pairs:
        name = f"{pair.prefix}/loss"
        at = case.net.number(name)
        if at is None or case.net.layers[at].type != "EuclideanLoss":
            yield Finding(
                case.net.file,
                name,
                f"there is no EuclideanLoss of this name, so {pair.guided.name} learns nothing from {pair.hint.name}",
                "Write one over the guided blob, or its regressor, and the hint blob",
            )
        else:
            yield from _check_loss(case, pair, at)


def _check_loss(case: NetCase, pair: HintPair, at: int) -> Iterator[Finding]:
    net, layer = case.net, case.net.layers[at]
    hint = (case.training.frozen.prefix if case.training.frozen else "") + pair.hint.name
    wanted = [f"{pair.prefix}/regressor" if pair.regressor else pair.guided.name, hint]
    if list(layer.bottom) != wanted:
        yield Finding(
            net.file,
            layer.name,
            f"it compares {_listed(layer.bottom)}, the pair is {_listed(wanted)}",
            f'Write `bottom: "{wanted[0]}" bottom: "{wanted[1]}"`',
        )
        return
    yield from _shapes_agree(case, layer)
    yield from _shape_is_meant(case, layer, hint, pair.hint)
    yield from _shape_is_meant(case, layer, pair.guided.name, pair.guided)
    if pair.regressor:
        yield from _check_regressor(case, pair, pair.regressor)


def _shapes_agree(case: NetCase, layer: LayerParameter) -> Iterator[Finding]:
    """Caffe itself compares the number of values alone: 16 x 32 x 32 would pass for 64 x 16 x 16."""
    first, second = (case.net.shapes.blobs[blob] for blob in layer.bottom)
    if first != second:
        yield Finding(
            case.net.file,
            layer.name,
            f"'{layer.bottom[0]}' is {spelt(first)}, but '{layer.bottom[1]}' is {spelt(second)}",
            "Pair blobs of one shape, or carry the guided one to the hint's width by a regressor",
        )


def _shape_is_meant(case: NetCase, layer: LayerParameter, blob: str, meant: FeatureMap) -> Iterator[Finding]:
    found, wanted = case.net.shapes.blobs.get(blob), (meant.channels, meant.size, meant.size)
    if found is not None and found[1:] != wanted:
        yield Finding(
            case.net.file,
            layer.name,
            f"'{blob}' is {spelt(found[1:])} an image, the experiment's net has {spelt(wanted)} there",
            "Give the net that makes it the experiment's depth and filters",
        )


def _check_regressor(case: NetCase, pair: HintPair, meant: Regressor) -> Iterator[Finding]:
    """A convolution to the hint's width that keeps the size, without bias, drawn from a Gaussian."""
    name = f"{pair.prefix}/regressor"
    at = case.net.number(name)
    if at is None:
        yield Finding(case.net.file, name, "there is no layer of this name", "Give the pair's regressor this name")
        return
    convolution = ConvolutionParameter(
        num_output=pair.hint.channels,
        kernel_size=[meant.kernel],
        pad=[meant.kernel // 2],
        stride=[1],
        dilation=[1],
        bias_term=False,
        weight_filler=FillerParameter(type="gaussian", std=meant.std),
    )
    wanted = LayerParameter(
        name=name, type="Convolution", bottom=[pair.guided.name], top=[name], convolution_param=convolution
    )
    for field in differences(without(with_window(case.net.layers[at]), "param"), wanted):
        yield Finding(
            case.net.file,
            name,
            f"its {field.path} is {field.found}, the protocol's regressor has {field.wanted}",
            field.remedy,
        )


def _listed(blobs: Iterable[str]) -> str:
    return " and ".join(f"'{blob}'" for blob in blobs)
