"""`boost::normal_distribution`: one number as Boost draws it, and many at once with the same result.

Source: Boost 1.74, `boost/random/normal_distribution.hpp`: the ziggurat of 128 layers. 97.2 % of the draws
end in the first comparison, the rest in a wedge of their layer (one more draw, accepted or not) or in the
tail.

`exp` is taken in float64 and rounded to the type. C's `expf` rounds the other way for about one argument in a
thousand, which decides otherwise only where a number falls exactly between the two roundings: about once in
1e11 numbers.
"""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from torchcaffe.boost.engine import Engine, RealArray, RealType
from torchcaffe.boost.exponential import exponential
from torchcaffe.boost.int_float_pair import draws_per_pair, int_float_pair, int_float_pairs
from torchcaffe.boost.uniform import uniform_01
from torchcaffe.boost.ziggurat_tables import normal_ziggurat

# Numbers worked on at once: what a block needs fits into the second-level cache.
_BLOCK = 1 << 15


def normal(engine: Engine, mean: float, sigma: float, count: int, real: RealType) -> RealArray:
    """`count` numbers z * sigma + mean, where z has mean 0 and standard deviation 1, rounded to `real`."""
    out: RealArray = np.empty(count, dtype=real)
    filled = 0
    while filled < count:
        # At least this many draws are needed for what is missing, so that none is taken that Boost leaves.
        missing = min(_BLOCK, count - filled)
        numbers = _read_all(engine.raw(missing * draws_per_pair(real)), engine, real)
        out[filled : filled + len(numbers)] = numbers
        filled += len(numbers)
    out *= real(sigma)
    out += real(mean)
    return out


def unit_normal(draw: Callable[[], int], real: RealType) -> np.floating:
    """One number with mean 0 and standard deviation 1, from as many draws as it takes."""
    x_table, _ = normal_ziggurat()
    while True:
        fraction, bits = int_float_pair(draw, real)
        sign, i = real((bits & 1) * 2 - 1), bits >> 1
        x = fraction * real(x_table[i])
        # Boost compares with the double here, not with its rounding to RealType.
        if np.float64(x) < x_table[i + 1]:
            return x * sign
        if i == 0:
            return _tail(draw, real) * sign
        y01 = np.array([uniform_01(draw, real)], dtype=real)
        if _in_wedge(np.array([x], dtype=real), np.array([i]), y01, real)[0]:
            return x * sign


def _tail(draw: Callable[[], int], real: RealType) -> np.floating:
    start = real(normal_ziggurat().x[1])
    while True:
        x = exponential(draw, start, real)
        y = exponential(draw, real(1), real)
        if real(2) * y > x * x:
            return x + start


def _bits_tables(real: RealType) -> tuple[RealArray, npt.NDArray[np.float64]]:
    """For each 8 bits: the layer's width with its sign, and the width below which x is taken at once."""
    x_table, _ = normal_ziggurat()
    bits = np.arange(256)
    signs = (bits & 1) * 2 - 1
    return x_table[bits >> 1].astype(real) * signs.astype(real), x_table[(bits >> 1) + 1]


def _read_all(draws: npt.NDArray[np.uint32], engine: Engine, real: RealType) -> RealArray:
    """The numbers that Boost reads from `draws`; what the last one needs beyond them comes from `engine`.

    Each position is first looked at as though a number started there. Where the first comparison fails, the
    wedge is decided at once too, as though the next draw were its y. Then one walk over these few positions
    finds which starts are real.
    """
    step = draws_per_pair(real)
    fraction, bits = int_float_pairs(draws, real)
    signed_width, fast_below = _bits_tables(real)
    numbers: RealArray = fraction * signed_width[bits]
    slow = np.flatnonzero(np.abs(numbers) >= fast_below[bits])
    keep = np.zeros(len(draws), dtype=np.bool_)
    numbers.resize(len(draws), refcheck=False)

    start = 0
    plain_wedge, under = _wedges(draws, numbers, bits, slow, real)
    for position, plain, accepted in zip(slow.tolist(), plain_wedge, under, strict=True):
        if position < start or (position - start) % step:
            continue
        keep[start:position:step] = True
        if plain:
            keep[position] = accepted
            start = position + step + 1
        else:
            start = _read_one(draws, position, engine, numbers, keep, real)
    last = len(draws) - step + 1
    keep[start:last:step] = True
    if step == 2 and start < len(draws) and (len(draws) - start) % 2:
        _read_one(draws, len(draws) - 1, engine, numbers, keep, real)
    return numbers[keep]


def _wedges(
    draws: npt.NDArray[np.uint32],
    numbers: RealArray,
    bits: npt.NDArray[np.uint32],
    slow: npt.NDArray[np.intp],
    real: RealType,
) -> tuple[list[bool], list[bool]]:
    """For each slow position: is it a wedge that one more draw at hand decides, and would x be accepted?"""
    layer = bits[slow] >> np.uint32(1)
    following = slow + draws_per_pair(real)
    y01 = draws[np.minimum(following, len(draws) - 1)].astype(real) * real(2.0**-32)
    plain = (layer > 0) & (following < len(draws)) & (y01 < 1)
    accepted = _in_wedge(np.abs(numbers[slow]), layer, y01, real)
    return plain.tolist(), accepted.tolist()


def _in_wedge(x: RealArray, layer: npt.NDArray[np.integer], y01: RealArray, real: RealType) -> npt.NDArray[np.bool_]:
    """Is (x, y), y at the fraction y01 of the layer's height, under the density?

    The chord between the layer's corners and the tangent at its outer corner decide most cases without an
    exponential; which of the two lies above depends on the inflection point at x = 1.
    """
    x_table, y_table = normal_ziggurat()
    x_outer, y_outer = x_table[layer].astype(real), y_table[layer].astype(real)
    y = y_outer + y01 * (y_table[layer + 1] - y_table[layer]).astype(real)
    chord = (x_table[layer] - x_table[layer + 1]).astype(real) * y01 - (x_outer - x)
    tangent = y - (y_outer + (x_outer - x) * y_outer * x_outer)
    convex = x_table[layer] >= 1
    above_upper = np.where(convex, chord, tangent)
    above_lower = np.where(convex, tangent, chord)
    density = np.array([math.exp(value) for value in (-(x * x / real(2))).tolist()], dtype=real)
    under: npt.NDArray[np.bool_] = (above_upper < 0) & ((above_lower < 0) | (y < density))
    return under


def _read_one(
    draws: npt.NDArray[np.uint32],
    position: int,
    engine: Engine,
    numbers: RealArray,
    keep: npt.NDArray[np.bool_],
    real: RealType,
) -> int:
    """Reads the number that starts at `position` as `unit_normal` does; returns where the next one starts."""
    taken = position

    def draw() -> int:
        nonlocal taken
        taken += 1
        return int(draws[taken - 1]) if taken <= len(draws) else engine.next_u32()

    numbers[position] = unit_normal(draw, real)
    keep[position] = True
    return taken
