"""`boost::uniform_int` for a range that is smaller than the generator's own."""

from torchcaffe.boost.mt19937 import Rng

_DRAWS = 1 << 32  # How many values one raw draw can take.


def uniform_int(rng: Rng, largest: int) -> int:
    """One whole number from 0 to `largest`, both included, where `largest` is below 2**32 - 1.

    A raw draw is divided by 2**32 // (largest + 1), and drawn again where that gives more than `largest`. For 0
    nothing is drawn. Source: Boost 1.74, `boost/random/uniform_int_distribution.hpp`.
    """
    if largest == 0:
        return 0
    bucket = _DRAWS // (largest + 1)
    while True:
        value = rng.next_u32() // bucket
        if value <= largest:
            return value
