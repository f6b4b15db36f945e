"""Student's t distribution: the one quantile that an interval needs, for any number of degrees of freedom."""

import math

_ACCURACY = 1e-12
_TERMS = 500


def t_quantile(probability: float, freedom: float) -> float:
    """The t with P(T <= t) = `probability`, for `freedom` > 0 degrees of freedom, whole or not.

    `probability` is above 0.5 and below 1. P(T <= t) = 1 - I_x(freedom/2, 1/2) / 2 with x = freedom / (freedom + t^2)
    and I the regularised incomplete beta function (Abramowitz and Stegun 26.7.1, 26.5.27).
    """
    if not (0.5 < probability < 1 and freedom > 0):
        raise ValueError(f"no quantile {probability} for {freedom} degrees of freedom")
    low, high = 0.0, 1.0
    while _cumulative(high, freedom) < probability:
        low, high = high, 2 * high
    while high - low > _ACCURACY * high:
        middle = (low + high) / 2
        if _cumulative(middle, freedom) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _cumulative(t: float, freedom: float) -> float:
    return 1 - _incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """I_x(a, b) by its continued fraction, on the side where that converges fast."""
    if x in (0, 1):
        return x
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(1 - x, b, a)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(log_front) / (a * _continued_fraction(x, a, b))


def _continued_fraction(x: float, a: float, b: float) -> float:
    """1 + d_1 / (1 + d_2 / (1 + ...)), Abramowitz and Stegun 26.5.8, from below (Lentz's method)."""
    tiny = 1e-300
    value, c, d = 1.0, 1.0, 0.0
    for term in range(1, _TERMS):
        m = term // 2
        if term % 2:
            numerator = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            numerator = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / (1 + numerator * d or tiny)
        c = 1 + numerator / c or tiny
        value *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return value
