"""Matches a caffemodel's params with a net's layers, by name, and checks that they fit."""

from collections.abc import Iterable
from dataclasses import dataclass

from torchcaffe.blob import Shape, shape_string
from torchcaffe.errors import WeightsError
from torchcaffe.layer_types.layer import Layer
from torchcaffe.net import Net

_REMEDY = "give the weights of a net with the same layers, or rename the layer to leave it as it is"


@dataclass(frozen=True)
class Copied:
    """Names of a caffemodel's layers, in its order: `found` are in the net, `passed_over` have params but are not."""

    found: list[str]
    passed_over: list[str]


def layers_by_name(net: Net) -> dict[str, Layer]:
    """The net's layers by name; of several with one name the first, as in Caffe."""
    found: dict[str, Layer] = {}
    for layer in net.layers:
        found.setdefault(layer.name, layer)
    return found


def check_fits(layer: Layer, shapes: list[Shape], source: str) -> None:
    """Refuses (`WeightsError`) params of these shapes from `source` for the layer."""
    if len(shapes) != len(layer.blobs):
        raise WeightsError(
            f"{source}: layer '{layer.name}' has {len(shapes)} param(s) {_list(shapes)} there, but "
            f"{len(layer.blobs)} {_list(b.shape for b in layer.blobs)} in this net: {_REMEDY}"
        )
    for j, (shape, blob) in enumerate(zip(shapes, layer.blobs, strict=True)):
        if shape != blob.shape:
            raise WeightsError(
                f"{source}: param {j} of layer '{layer.name}' has the shape {shape_string(shape)} there, but "
                f"{shape_string(blob.shape)} in this net: {_REMEDY}"
            )


def check_whole(net: Net, found: list[Layer], source: str) -> None:
    """Refuses (`WeightsError`) a source in which not all of the net's layers with params were found."""
    missing = [layer.name for layer in net.layers if layer.blobs and layer not in found]
    if missing:
        raise WeightsError(
            f"{source} lacks layer '{missing[0]}' ({len(missing)} in all) of net '{net.name}': it is of another net"
        )


def _list(shapes: Iterable[Shape]) -> str:
    return "[" + ", ".join(map(shape_string, shapes)) + "]"
