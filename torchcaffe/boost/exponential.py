"""`boost::random::exponential_distribution`: the tail of the normal distribution is drawn from it."""

import math
from collections.abc import Callable

import numpy as np

from torchcaffe.boost.int_float_pair import int_float_pair
from torchcaffe.boost.uniform import uniform_01
from torchcaffe.boost.ziggurat_tables import exponential_ziggurat


def exponential(draw: Callable[[], int], rate: np.float32) -> np.float32:
    """One number with density rate * exp(-rate * x), by the ziggurat of 256 layers.

    Each operation is rounded to float32 in Boost's order, which decides borderline cases as Boost does.
    Source: Boost 1.74, `boost/random/exponential_distribution.hpp`.
    """
    x_table = exponential_ziggurat().x
    shift = np.float32(0)
    while True:
        fraction, i = int_float_pair(draw())
        x = fraction * np.float32(x_table[i])
        if x < np.float32(x_table[i + 1]):
            return (shift + x) / rate
        if i == 0:
            # Beyond its start the tail has the shape of the whole, so the draw starts anew, shifted.
            shift = shift + np.float32(x_table[1])
            continue
        if _under_density(x, i, uniform_01(draw)):
            return (x + shift) / rate


def _under_density(x: np.float32, i: int, y01: np.float32) -> bool:
    x_table, y_table = exponential_ziggurat()
    y = np.float32(y_table[i]) + y01 * np.float32(y_table[i + 1] - y_table[i])
    above_chord = np.float32(x_table[i] - x_table[i + 1]) * y01 - (np.float32(x_table[i]) - x)
    above_tangent = y - (np.float32(y_table[i + 1]) + (np.float32(x_table[i + 1]) - x) * np.float32(y_table[i + 1]))
    return bool(above_chord < 0 and (above_tangent < 0 or y < np.float32(math.exp(-x))))
