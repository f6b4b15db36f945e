"""A layer in its place in a net."""

from dataclasses import dataclass

from torchcaffe.layer_types.layer import Layer


@dataclass(eq=False)
class Node:
    """A layer with the indices of the blobs it reads and writes."""

    layer: Layer
    bottom_ids: list[int]
    top_ids: list[int]
    bottom_need_backward: list[bool]
    need_backward: bool = False
