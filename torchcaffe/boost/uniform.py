"""`boost::uniform_real` and `boost::uniform_01`."""

from collections.abc import Callable

import numpy as np

from torchcaffe.boost.engine import Engine, RealArray, RealType

# Numbers worked on at once: what a block needs fits into the second-level cache.
_BLOCK = 1 << 15


def uniform_01(draw: Callable[[], int], real: RealType) -> np.floating:
    """One number in [0, 1): real(u) * 2**-32, drawn again where the rounding of u to `real` gives 1.

    Source: Boost 1.74, `boost/random/uniform_01.hpp`.
    """
    while True:
        value = real(draw()) * real(2.0**-32)
        if value < 1:
            return value


def uniform_real(engine: Engine, low: float, high: float, count: int, real: RealType) -> RealArray:
    """`count` numbers in [low, high): real(u) / 2**32 * (high - low) + low, each operation rounded to `real`.

    A number that the rounding carries up to `high` is drawn again, at the cost of one more raw draw. A range
    wider than the type's largest number is drawn at half size and doubled. Source: Boost 1.74,
    `boost/random/uniform_real_distribution.hpp`.
    """
    low_, high_ = real(low), real(high)
    if high_ / real(2) - low_ / real(2) > np.finfo(real).max / real(2):
        half: RealArray = uniform_real(engine, float(low_ / real(2)), float(high_ / real(2)), count, real)
        return real(2) * half
    out: RealArray = np.empty(count, dtype=real)
    filled = 0
    while filled < count:
        # No more raw draws than numbers are missing: never more than Boost takes, whatever is rejected.
        missing = min(_BLOCK, count - filled)
        numbers = engine.raw(missing).astype(real) / real(2.0**32) * (high_ - low_) + low_
        numbers = numbers[numbers < high_]
        out[filled : filled + len(numbers)] = numbers
        filled += len(numbers)
    return out
