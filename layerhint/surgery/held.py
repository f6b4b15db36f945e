"""The layers of a caffemodel, and whether a net that takes some of them skips one in between.

The model is a NetParameter of whichever protobuf the caller has, so this imports neither Caffe.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from layerhint.errors import LayerhintError


@dataclass(frozen=True)
class HeldLayer:
    """A layer of a caffemodel: its name, the blobs that it reads and makes, its params (BlobProto)."""

    name: str
    bottoms: tuple[str, ...]
    tops: tuple[str, ...]
    params: tuple[Any, ...]


def held_layers(model: Any) -> tuple[HeldLayer, ...]:
    """The layers of a NetParameter, in running order; of one from before Caffe 1.0, which has them elsewhere, too."""
    return tuple(
        HeldLayer(own.name, tuple(layer.bottom), tuple(layer.top), tuple(own.blobs)) for layer, own in _layers(model)
    )


def _layers(model: Any) -> Iterator[tuple[Any, Any]]:
    """Each layer beside the message with its name and blobs, which in the first format lies inside the layer."""
    for layer in model.layer:
        yield layer, layer
    for layer in model.layers:
        yield layer, layer.layer if layer.HasField("layer") else layer


def layers_between(layers: Iterable[HeldLayer], taken: Collection[str]) -> tuple[str, ...]:
    """The layers with params that are not taken, although a taken layer with params depends on them.

    Without them the taken layers compute something else. Layers beside the taken ones do no harm: a frozen teacher's
    layers in a student's caffemodel, a regressor, a second head. If a caffemodel does not say what a layer makes, the
    layer counts as one in between.
    """
    known = tuple(layers)
    behind: dict[str, frozenset[str]] = {}  # By blob: the layers not taken that its value comes from.
    between: set[str] = set()
    for layer in known:
        through = frozenset[str]().union(*(behind.get(blob, frozenset()) for blob in layer.bottoms))
        if layer.params and layer.name in taken:
            between |= through
        elif layer.params:
            through |= {layer.name}
            between |= set() if layer.tops else {layer.name}
        behind |= dict.fromkeys(layer.tops, through)
    return tuple(layer.name for layer in known if layer.name in between)


def check_same_net(layers: Iterable[HeldLayer], taken: Collection[str], weights: object, net: object) -> None:
    """Raises LayerhintError if `net`, which takes some layers of the caffemodel `weights`, skips some between them."""
    between = layers_between(layers, taken)
    if between:
        raise LayerhintError(
            f"{weights} is of a larger net than {net}: on the way to layers that both have, it has params of "
            f"'{between[0]}' ({len(between)} such layers in all), which {net} lacks. Take a net and a caffemodel that "
            "belong together"
        )
