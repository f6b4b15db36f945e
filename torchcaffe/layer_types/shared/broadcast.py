"""A small blob applied along some axes of a larger one: what Scale and Bias have in common."""

import torch

from torchcaffe.blob import Blob, Shape, shape_string
from torchcaffe.layer_types.layer import Layer


def param_shape(layer: Layer, bottom: Blob, axis: int, num_axes: int) -> Shape:
    """The shape of a param that covers `num_axes` axes of the bottom from `axis` on; -1 is all to the end."""
    start = layer.canonical_axis(bottom, axis) if num_axes else 0
    if num_axes < -1:
        layer.fail(f"its num_axes is {num_axes}: it must be -1 (to the last axis) or at least 0")
    end = len(bottom.shape) if num_axes == -1 else start + num_axes
    if end > len(bottom.shape):
        layer.fail(
            f"{num_axes} axes from axis {start} on are more than its bottom of shape {shape_string(bottom.shape)} has"
        )
    return bottom.shape[start:end]


def spread_shape(layer: Layer, bottom: Blob, small: Blob, axis: int) -> Shape:
    """The small blob's shape with 1 for every axis of the bottom that it does not cover."""
    start = layer.canonical_axis(bottom, axis) if small.shape else 0
    end = start + len(small.shape)
    if bottom.shape[start:end] != small.shape:
        layer.fail(
            f"a blob of shape {shape_string(small.shape)} does not fit its bottom of shape "
            f"{shape_string(bottom.shape)} from axis {start} on"
        )
    return (1,) * start + small.shape + (1,) * (len(bottom.shape) - end)


def gather(large: torch.Tensor, spread: Shape, small: Shape) -> torch.Tensor:
    """The sum over the axes that the small blob does not cover: the gradient of spreading it."""
    return large.sum_to_size(spread).view(small)
