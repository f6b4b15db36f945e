"""Medians and spreads of what was measured round by round."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles


@dataclass(frozen=True)
class Spread:
    """The median of some samples, and the quartiles around it."""

    median: float
    low: float
    high: float


def spread(samples: Sequence[float]) -> Spread:
    """Median and quartiles, interpolated between samples; of a single sample all three are that sample."""
    if len(samples) == 1:
        return Spread(samples[0], samples[0], samples[0])
    low, _, high = quantiles(samples, n=4, method="inclusive")
    return Spread(median(samples), low, high)


def ratio(above: Sequence[float], below: Sequence[float]) -> float:
    """The median over the rounds of above / below: a slowdown of the machine for a whole round does not change it."""
    return median(a / b for a, b in zip(above, below, strict=True))
