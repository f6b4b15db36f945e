"""`boost::normal_distribution`: one number as Boost draws it, and many at once with the same result.

Source: Boost 1.74, `boost/random/normal_distribution.hpp`: the ziggurat of 128 layers. 97.2 % of the draws
end in the first comparison, the rest in a wedge of their layer (one more draw, accepted or not) or in the
tail.

`exp` is taken in float64 and rounded to float32. C's `expf` rounds the other way for about one argument in a
thousand, which decides otherwise only where a number falls exactly between the two roundings: about once in
1e11 numbers.
"""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from torchcaffe.boost.exponential import exponential
from torchcaffe.boost.int_float_pair import int_float_pair, int_float_pairs
from torchcaffe.boost.mt19937 import Rng
from torchcaffe.boost.uniform import Floats, uniform_01
from torchcaffe.boost.ziggurat_tables import normal_ziggurat

# Numbers worked on at once: what a block needs fits into the second-level cache.
_BLOCK = 1 << 15


def normal(rng: Rng, mean: float, sigma: float, count: int) -> Floats:
    """`count` numbers z * sigma + mean, where z has mean 0 and standard deviation 1, rounded to float32."""
    out: Floats = np.empty(count, dtype=np.float32)
    filled = 0
    while filled < count:
        # The missing numbers take at least one draw each, so no draw is taken that Boost would not take.
        missing = min(_BLOCK, count - filled)
        numbers = _read_all(rng.raw(missing), rng)
        out[filled : filled + len(numbers)] = numbers
        filled += len(numbers)
    out *= np.float32(sigma)
    out += np.float32(mean)
    return out


def unit_normal(draw: Callable[[], int]) -> np.float32:
    """One number with mean 0 and standard deviation 1, from as many draws as it takes."""
    x_table, _ = normal_ziggurat()
    while True:
        fraction, bits = int_float_pair(draw())
        sign, i = np.float32((bits & 1) * 2 - 1), bits >> 1
        x = fraction * np.float32(x_table[i])
        # Boost compares with the double here, not with its rounding to float32.
        if np.float64(x) < x_table[i + 1]:
            return x * sign
        if i == 0:
            return _tail(draw) * sign
        y01 = np.array([uniform_01(draw)], dtype=np.float32)
        if _in_wedge(np.array([x], dtype=np.float32), np.array([i]), y01)[0]:
            return x * sign


def _tail(draw: Callable[[], int]) -> np.float32:
    start = np.float32(normal_ziggurat().x[1])
    while True:
        x = exponential(draw, start)
        y = exponential(draw, np.float32(1))
        if np.float32(2) * y > x * x:
            return x + start


def _bits_tables() -> tuple[Floats, npt.NDArray[np.float64]]:
    """For each 8 bits: the layer's width with its sign, and the width below which x is taken at once."""
    x_table, _ = normal_ziggurat()
    bits = np.arange(256)
    signs = (bits & 1) * 2 - 1
    return x_table[bits >> 1].astype(np.float32) * signs.astype(np.float32), x_table[(bits >> 1) + 1]


def _read_all(draws: npt.NDArray[np.uint32], rng: Rng) -> Floats:
    """The numbers that Boost reads from `draws`; if the last one needs more draws, they come from `rng`.

    Each position is first looked at as though a number started there. Where the first comparison fails, the
    wedge is decided at once too, as though the next draw were its y. Then one walk over these few positions
    finds which starts are real.
    """
    fraction, bits = int_float_pairs(draws)
    signed_width, fast_below = _bits_tables()
    numbers = fraction * signed_width[bits]
    slow = np.flatnonzero(np.abs(numbers) >= fast_below[bits])
    keep = np.ones(len(draws), dtype=np.bool_)
    end = 0  # Where the draws of the last slow number end.
    plain_wedge, under = _wedges(draws, numbers, bits, slow)
    for position, plain, accepted in zip(slow.tolist(), plain_wedge, under, strict=True):
        if position < end:
            continue
        if plain:
            keep[position] = accepted
            end = position + 2
        else:
            end = _read_one(draws, position, rng, numbers)
        keep[position + 1 : end] = False
    return numbers[keep]


def _wedges(
    draws: npt.NDArray[np.uint32],
    numbers: Floats,
    bits: npt.NDArray[np.uint32],
    slow: npt.NDArray[np.intp],
) -> tuple[list[bool], list[bool]]:
    """For each slow position: is it a wedge that one more draw at hand decides, and would x be accepted?"""
    layer = bits[slow] >> np.uint32(1)
    following = slow + 1
    y01 = draws[np.minimum(following, len(draws) - 1)].astype(np.float32) * np.float32(2.0**-32)
    plain = (layer > 0) & (following < len(draws)) & (y01 < 1)
    accepted = _in_wedge(np.abs(numbers[slow]), layer, y01)
    return plain.tolist(), accepted.tolist()


def _in_wedge(x: Floats, layer: npt.NDArray[np.integer], y01: Floats) -> npt.NDArray[np.bool_]:
    """Is (x, y), y at the fraction y01 of the layer's height, under the density?

    The chord between the layer's corners and the tangent at its outer corner decide most cases without an
    exponential; which of the two lies above depends on the inflection point at x = 1.
    """
    x_table, y_table = normal_ziggurat()
    x_outer, y_outer = x_table[layer].astype(np.float32), y_table[layer].astype(np.float32)
    y = y_outer + y01 * (y_table[layer + 1] - y_table[layer]).astype(np.float32)
    chord = (x_table[layer] - x_table[layer + 1]).astype(np.float32) * y01 - (x_outer - x)
    tangent = y - (y_outer + (x_outer - x) * y_outer * x_outer)
    convex = x_table[layer] >= 1
    above_upper = np.where(convex, chord, tangent)
    above_lower = np.where(convex, tangent, chord)
    density = np.array([math.exp(value) for value in (-(x * x / np.float32(2))).tolist()], dtype=np.float32)
    under: npt.NDArray[np.bool_] = (above_upper < 0) & ((above_lower < 0) | (y < density))
    return under


def _read_one(
    draws: npt.NDArray[np.uint32],
    position: int,
    rng: Rng,
    numbers: Floats,
) -> int:
    """Reads the number that starts at `position` as `unit_normal` does; returns where the next one starts."""
    taken = position

    def draw() -> int:
        nonlocal taken
        taken += 1
        return int(draws[taken - 1]) if taken <= len(draws) else rng.next_u32()

    numbers[position] = unit_normal(draw)
    return taken
