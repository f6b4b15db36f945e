"""`boost::bernoulli_distribution`."""

import numpy as np
import numpy.typing as npt

from torchcaffe.boost.engine import Engine, RealType


def bernoulli(engine: Engine, p: float, count: int, real: RealType) -> npt.NDArray[np.bool_]:
    """`count` trials that succeed with probability `p`: real(u) <= p * real(2**32 - 1).

    One raw draw u a trial; none at all where p is 0. In float32 both sides are rounded, so that p = 1 always
    succeeds. Source: Boost 1.74, `boost/random/bernoulli_distribution.hpp`.
    """
    if p == 0:
        return np.zeros(count, dtype=np.bool_)
    bound = real(p) * real(2**32 - 1)
    return engine.raw(count).astype(real) <= bound
