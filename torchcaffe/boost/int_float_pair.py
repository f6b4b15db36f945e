"""Boost's split of a raw draw into 8 bits, which choose a layer, and a fraction in [0, 1).

Source: Boost 1.74, `boost/random/detail/int_float_pair.hpp`, for float32 and a 32-bit engine.
"""

import numpy as np
import numpy.typing as npt


def int_float_pair(draw: int) -> tuple[np.float32, int]:
    """(fraction, 8 bits) of one draw."""
    return np.float32(draw >> 8) * np.float32(2.0**-24), draw & 255


def int_float_pairs(draws: npt.NDArray[np.uint32]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint32]]:
    """(fraction, 8 bits) of each draw."""
    return (draws >> np.uint32(8)).astype(np.float32) * np.float32(2.0**-24), draws & np.uint32(255)
