"""A Caffe layer as its converter sees it."""

from collections.abc import Sequence
from math import prod
from typing import Any, NoReturn

import numpy as np

from layerhint.errors import LayerhintError
from layerhint.export.graph import Array, Graph
from torchcaffe.proto.caffe_pb2 import LayerParameter

Shape = tuple[int, ...]


class Layer:
    """A layer's parameters, its params (`blobs`), and the shapes and ONNX values of its bottoms.

    A converter adds the nodes that do what the layer does in TEST, and returns the values of the layer's tops. Axis 0
    is the batch, whose size ONNX leaves open: the sizes in `bottom_shapes` and `top_shapes` hold from axis 1 on.
    """

    def __init__(
        self,
        graph: Graph,
        param: LayerParameter,
        blobs: Sequence[Array],
        bottom_shapes: Sequence[Shape],
        top_shapes: Sequence[Shape],
    ) -> None:
        self.param = param
        self.blobs = blobs
        self.bottom_shapes = bottom_shapes
        self.top_shapes = top_shapes
        self.bottoms = [graph.values[name] for name in param.bottom]
        self._graph = graph
        self._first = len(graph.nodes)

    @property
    def shape(self) -> Shape:
        """The first bottom's shape."""
        return self.bottom_shapes[0]

    @property
    def rank(self) -> int:
        return len(self.shape)

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Adds a node of one output; returns its value."""
        return self.add_many(operator, 1, *inputs, **attributes)[0]

    def add_many(self, operator: str, outputs: int, *inputs: str, **attributes: Any) -> list[str]:
        """Adds a node of several outputs; returns their values."""
        values = [self._graph.fresh(f"{self.param.name}/{operator}") for _ in range(outputs)]
        self._graph.node(operator, list(inputs), values, **attributes)
        return values

    def constant(self, what: str, array: Array) -> str:
        """A stored float32 tensor."""
        return self._graph.constant(f"{self.param.name}/{what}", np.asarray(array, dtype=np.float32))

    def scalar(self, what: str, value: float) -> str:
        """A stored float32 number."""
        return self.constant(what, np.array(value))

    def integers(self, what: str, values: Sequence[int]) -> str:
        """A stored int64 vector: sizes, axes or places."""
        return self._graph.constant(f"{self.param.name}/{what}", np.array(values, dtype=np.int64))

    def reshape(self, value: str, shape: Shape) -> str:
        """A value in another shape, except for axis 0, which keeps its size."""
        return self.add("Reshape", value, self.integers("shape", (0, *shape[1:])))

    def flat(self, value: str, axis: int) -> str:
        """A value of the first bottom's shape with its axes from `axis` on as one."""
        if axis == self.rank - 1:
            return value
        return self.reshape(value, (*self.shape[:axis], prod(self.shape[axis:])))

    def axis(self, axis: int) -> int:
        """An axis of the first bottom, counted from the front; the batch's is refused."""
        axis %= self.rank
        if axis == 0:
            self.fail(
                "it works along axis 0, so it mixes the images of a batch, and an ONNX file takes batches of any size"
            )
        return axis

    def fail(self, what: str) -> NoReturn:
        """Refuses the layer: LayerhintError with its name and type."""
        raise LayerhintError(f"layer '{self.param.name}' ({self.param.type}): {what}")

    def finish(self, tops: Sequence[str], names: Sequence[str]) -> None:
        """Gives the tops' values their `names`, and the layer's nodes the layer's name."""
        own = self._graph.nodes[self._first :]
        made = {value for node in own for value in node.output}
        for value, name in zip(tops, names, strict=True):
            if value in made:
                _rename(own, value, name)
            else:
                self._graph.node("Identity", [value], [name])
        own = self._graph.nodes[self._first :]
        for i, node in enumerate(own, start=1):
            node.name = self.param.name if len(own) == 1 else f"{self.param.name}/{i}_{node.op_type}"


def _rename(nodes: Sequence[Any], value: str, name: str) -> None:
    for node in nodes:
        for values in (node.input, node.output):
            values[:] = [name if known == value else known for known in values]
