"""`boost::bernoulli_distribution`."""

import numpy as np
import numpy.typing as npt

from torchcaffe.boost.mt19937 import Rng


def bernoulli(rng: Rng, p: float, count: int) -> npt.NDArray[np.bool_]:
    """`count` trials that succeed with probability `p`: float32(u) <= p * float32(2**32 - 1).

    One raw draw u a trial; none at all where p is 0. Both sides are rounded, so that p = 1 always succeeds.
    Source: Boost 1.74, `boost/random/bernoulli_distribution.hpp`.
    """
    if p == 0:
        return np.zeros(count, dtype=np.bool_)
    bound = np.float32(p) * np.float32(2**32 - 1)
    return rng.raw(count).astype(np.float32) <= bound
