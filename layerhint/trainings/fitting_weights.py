"""Checks that a caffemodel that no training here makes has the params of a net."""

from collections.abc import Iterable, Mapping, Sequence

from layerhint.errors import LayerhintError
from layerhint.surgery.held import check_same_net, held_layers
from layerhint.surgery.surgery import holds_shape
from layerhint.wording import spelt
from torchcaffe.proto.binary import blob_shape, read_caffemodel

Shape = tuple[int, ...]


def check_weights_fit(weights: str, net: str, params: Mapping[str, Sequence[Shape]], image: Shape) -> None:
    """Compares a caffemodel with `params`: by layer, in running order, the shapes that `net` has for images (C, H, W).

    Raises LayerhintError if the caffemodel lacks a layer's params, has other shapes, or has layers in between, and
    CaffeError if it cannot be read.
    """
    layers = held_layers(read_caffemodel(weights))
    held = {layer.name: layer.params for layer in layers if layer.params}
    for name, shapes in params.items():
        if name not in held:
            raise LayerhintError(f"{weights} has no params of layer {name!r} of {net}: is it of another net?")
        blobs = held[name]
        if len(blobs) != len(shapes) or not all(map(holds_shape, blobs, shapes)):
            found = [blob_shape(blob) for blob in blobs]
            raise LayerhintError(
                f"{weights} has the params of layer {name!r} as {_said(found)}; for images of {_said([image])} {net} "
                f"needs {_said(shapes)}"
            )
    check_same_net(layers, params, weights, net)


def _said(shapes: Iterable[Shape]) -> str:
    return ", ".join(map(spelt, shapes))
