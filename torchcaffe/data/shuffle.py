"""Caffe's random order of a list."""

from collections.abc import MutableSequence
from typing import Any

from torchcaffe.boost import Rng
from torchcaffe.boost.uniform_int import uniform_int


def shuffle(items: MutableSequence[Any], rng: Rng) -> None:
    """Shuffles in place: from the last place to the second, each trades with one drawn from 0 up to itself.

    Source: Caffe 1.0, `shuffle` in `include/caffe/util/rng.hpp`; Fisher and Yates 1938.
    """
    for i in range(len(items) - 1, 0, -1):
        j = uniform_int(rng, i)
        items[i], items[j] = items[j], items[i]
