"""A net without its database: Input layers in the place of its Data layers."""

from typing import Any


def replace_data_by_input(layer: Any, shape: tuple[int, ...]) -> None:
    """Turns a Data layer into an Input layer: images of `shape` (N, C, H, W) and, if it has labels, (N,)."""
    shapes = [shape, shape[:1]][: len(layer.top)]
    for field, _ in layer.ListFields():
        if field.name not in ("name", "top"):
            layer.ClearField(field.name)
    layer.type = "Input"
    for dims in shapes:
        layer.input_param.shape.add().dim.extend(dims)
