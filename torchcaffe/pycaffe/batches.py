"""Cuts any number of items into a net's batches, and joins the results."""

from collections.abc import Iterator, Mapping

import numpy as np

from torchcaffe.errors import NetError
from torchcaffe.pycaffe.arrays import Array

Arrays = dict[str, Array]


def batches(blobs: Mapping[str, Array], size: int) -> Iterator[Arrays]:
    """The items in batches of `size`, the last one filled up with zeros."""
    for begin in range(0, item_count(blobs), size):
        batch = {name: np.asarray(values[begin : begin + size]) for name, values in blobs.items()}
        yield {name: _filled_up(values, size) for name, values in batch.items()}


def joined(parts: list[Arrays], count: int) -> Arrays:
    """The batches' arrays, end to end, without the zeros that filled up the last batch.

    Raises NetError for a blob that has no items, such as a loss.
    """
    first: Arrays = parts[0] if parts else {}
    for name, values in first.items():
        if not values.ndim:
            raise NetError(f"blob '{name}' is one number a batch: only blobs with a value for each item can be joined")
    return {name: np.concatenate([part[name] for part in parts])[:count] for name in first}


def item_count(blobs: Mapping[str, Array]) -> int:
    return len(next(iter(blobs.values()))) if blobs else 0


def copies(arrays: Arrays) -> Arrays:
    """Copies of the arrays, which the next batch does not overwrite."""
    return {name: values.copy() for name, values in arrays.items()}


def _filled_up(values: Array, size: int) -> Array:
    lacking = size - len(values)
    if not lacking:
        return values
    return np.concatenate([values, np.zeros((lacking, *values.shape[1:]), values.dtype)])
