"""Boost's split of raw draws into 8 bits, which choose a layer, and a fraction in [0, 1).

float32 takes both from one draw. float64 takes its lower 29 bits from a second draw, so that one pair costs
two. Source: Boost 1.74, `boost/random/detail/int_float_pair.hpp`, for a 32-bit engine.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from torchcaffe.boost.engine import RealArray, RealType

_LOW_BITS = 2**29 - 1


def draws_per_pair(real: RealType) -> int:
    """Raw draws that one pair takes: 1 for float32, 2 for float64."""
    return 1 if real is np.float32 else 2


def int_float_pair(draw: Callable[[], int], real: RealType) -> tuple[np.floating, int]:
    """One (fraction, 8 bits)."""
    first = draw()
    fraction = real(first >> 8) * real(2.0**-24)
    if real is np.float64:
        fraction = (fraction + real(draw() & _LOW_BITS)) * real(2.0**-29)
    return fraction, first & 255


def int_float_pairs(draws: npt.NDArray[np.uint32], real: RealType) -> tuple[RealArray, npt.NDArray[np.uint32]]:
    """The pair that starts at each draw; with float64 there is none at the last draw."""
    if real is np.float32:
        return (draws >> np.uint32(8)).astype(real) * real(2.0**-24), draws & np.uint32(255)
    first, second = draws[:-1], draws[1:]
    fraction = (first >> np.uint32(8)).astype(real) * real(2.0**-24)
    fraction = (fraction + (second & np.uint32(_LOW_BITS)).astype(real)) * real(2.0**-29)
    return fraction, first & np.uint32(255)
