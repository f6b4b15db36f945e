"""The layers of the two ziggurats, computed from their definition to more digits than a double holds.

A ziggurat covers the area under a decreasing density f by n layers of equal area v. The lowest holds the
rectangle up to r and the tail beyond it; the others are the rectangles between f(x[i]) and f(x[i + 1]):

    v = r f(r) + integral of f from r to infinity
    x[0] = v / f(r), x[1] = r, x[i + 1] = f^-1(f(x[i]) + v / x[i]), x[n] = 0
    y[0] = 0, y[i] = f(x[i]), y[n] = 1

r is the one start for which the last layer ends at x = 0. Boost ships the same numbers with 20 digits; a test
holds these to Boost's doubles bit for bit. Source: Marsaglia and Tsang, "The Ziggurat Method for Generating
Random Variables", Journal of Statistical Software 5 (8), 2000.
"""

from collections.abc import Callable
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

# The start r and the layers' area v, solved to 44 digits by bisection on the closing condition x[n] = 0.
_NORMAL_R = Decimal("3.44261985589665212142432049146733970433759739")
_NORMAL_V = Decimal("0.00991256303533646107909568530581016219737970126")
_EXPONENTIAL_R = Decimal("7.69711747013104971404462804801521549911396864")


class Ziggurat(NamedTuple):
    """Layer bounds, n + 1 each: `x` falls from the base's width to 0, `y` = f(x) rises from 0 to 1."""

    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]


def _build(
    layers: int,
    r: Decimal,
    v: Decimal,
    density: Callable[[Decimal], Decimal],
    inverse: Callable[[Decimal], Decimal],
) -> Ziggurat:
    x, y = [v / density(r), r], [Decimal(0), density(r)]
    for _ in range(layers - 2):
        y.append(y[-1] + v / x[-1])
        x.append(inverse(y[-1]))
    x.append(Decimal(0))
    y.append(Decimal(1))
    return Ziggurat(np.array([float(value) for value in x]), np.array([float(value) for value in y]))


@lru_cache(maxsize=1)
def normal_ziggurat() -> Ziggurat:
    """128 layers under f(x) = exp(-x**2 / 2), x >= 0."""
    with localcontext() as context:
        context.prec = 50
        return _build(128, _NORMAL_R, _NORMAL_V, lambda x: (-x * x / 2).exp(), lambda y: (-2 * y.ln()).sqrt())


@lru_cache(maxsize=1)
def exponential_ziggurat() -> Ziggurat:
    """256 layers under f(x) = exp(-x), x >= 0; its tail beyond r is exp(-r), so that v = (r + 1) exp(-r)."""
    with localcontext() as context:
        context.prec = 50
        v = (_EXPONENTIAL_R + 1) * (-_EXPONENTIAL_R).exp()
        return _build(256, _EXPONENTIAL_R, v, lambda x: (-x).exp(), lambda y: -y.ln())
