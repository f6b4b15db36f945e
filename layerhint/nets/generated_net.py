"""A generated net, as its text says and as Caffe understands it."""

from dataclasses import dataclass
from functools import cached_property

from layerhint.nets.net_shapes import NetShapes, Shape
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.caffe_pb2 import LayerParameter


def is_data(layer: LayerParameter) -> bool:
    """Whether a layer gives the images."""
    return layer.type in ("Data", "Input")


@dataclass(frozen=True)
class GeneratedNet:
    """The net of a file: its text, parsed, and its shapes."""

    file: str
    param: caffe_pb2.NetParameter
    shapes: NetShapes

    @cached_property
    def layers(self) -> tuple[LayerParameter, ...]:
        return tuple(self.param.layer)

    def param_shapes(self, layer: str) -> tuple[Shape, ...]:
        """The shapes of a layer's params; () for a layer without params, or of no such name."""
        return self.shapes.params.get(layer, ())

    def loss_weight(self, layer: LayerParameter) -> float:
        """The weight of a layer's tops in the loss, 0 for a layer that is no loss."""
        return sum(self.shapes.loss_weights.get(top, 0.0) for top in layer.top)

    @cached_property
    def makers(self) -> tuple[tuple[int, ...], ...]:
        """For each layer the numbers of the layers that its bottoms come from.

        If several layers make a blob in place, that is the last one before the reader.
        """
        last: dict[str, int] = {}
        found = []
        for number, layer in enumerate(self.layers):
            found.append(tuple(last[blob] for blob in layer.bottom))
            last |= dict.fromkeys(layer.top, number)
        return tuple(found)

    def number(self, name: str) -> int | None:
        """The number of the layer of this name; None if there is none."""
        return next((number for number, layer in enumerate(self.layers) if layer.name == name), None)

    def maker(self, number: int, bottom: int) -> int:
        """The number of the layer that a bottom of layer `number` comes from."""
        return self.makers[number][bottom]
