"""An ONNX graph under construction."""

from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import NodeProto, TensorProto, helper, numpy_helper

Array = npt.NDArray[Any]


class Graph:
    """Nodes, and the constants that they read.

    A value of ONNX is written once, a blob of Caffe as often as layers work on it in place. `values` says which value
    holds each blob now. The last value of a blob has the blob's name, so that it can be found in the ONNX file,
    unless that is the name of the graph's input.
    """

    def __init__(self, blobs: set[str]) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []
        self.values: dict[str, str] = {}
        self._names = set(blobs)

    def fresh(self, name: str) -> str:
        """The name, or, if it is taken, the name with a number."""
        found, number = name, 2
        while found in self._names:
            found, number = f"{name}_{number}", number + 1
        self._names.add(found)
        return found

    def constant(self, name: str, array: Array) -> str:
        """Adds a stored tensor; returns its name."""
        name = self.fresh(name)
        dense = np.ascontiguousarray(array).reshape(array.shape)  # ascontiguousarray makes a vector of a lone number.
        self.constants.append(numpy_helper.from_array(dense, name))
        return name

    def node(self, operator: str, inputs: list[str], outputs: list[str], **attributes: Any) -> None:
        """Adds a node; attributes that are None are left out."""
        given = {key: value for key, value in attributes.items() if value is not None}
        self.nodes.append(helper.make_node(operator, inputs, outputs, **given))
