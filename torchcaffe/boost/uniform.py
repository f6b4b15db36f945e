"""`boost::uniform_real` and `boost::uniform_01`."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from torchcaffe.boost.mt19937 import Rng

Floats = npt.NDArray[np.float32]
# Numbers worked on at once: what a block needs fits into the second-level cache.
_BLOCK = 1 << 15


def uniform_01(draw: Callable[[], int]) -> np.float32:
    """One number in [0, 1): float32(u) * 2**-32, drawn again where the rounding of u to float32 gives 1.

    Source: Boost 1.74, `boost/random/uniform_01.hpp`.
    """
    while True:
        value = np.float32(draw()) * np.float32(2.0**-32)
        if value < 1:
            return value


def uniform_real(rng: Rng, low: float, high: float, count: int) -> Floats:
    """`count` numbers in [low, high): float32(u) / 2**32 * (high - low) + low, each operation rounded to float32.

    A number that the rounding carries up to `high` is drawn again, at the cost of one more raw draw. A range
    wider than float32's largest number is drawn at half size and doubled. Source: Boost 1.74,
    `boost/random/uniform_real_distribution.hpp`.
    """
    low_, high_ = np.float32(low), np.float32(high)
    two = np.float32(2)
    if high_ / two - low_ / two > np.finfo(np.float32).max / two:
        return two * uniform_real(rng, float(low_ / two), float(high_ / two), count)
    out: Floats = np.empty(count, dtype=np.float32)
    filled = 0
    while filled < count:
        # As many raw draws as numbers are missing: never more than Boost takes, even if some are rejected.
        missing = min(_BLOCK, count - filled)
        numbers = rng.raw(missing).astype(np.float32) / np.float32(2.0**32) * (high_ - low_) + low_
        numbers = numbers[numbers < high_]
        out[filled : filled + len(numbers)] = numbers
        filled += len(numbers)
    return out
