"""How far apart two rows are, and how firmly: the difference of two means with its 95 % interval.

One rule for measured against paper and for row against row:

- Where the single nets of both sides are known, Welch's interval: SE^2 = s_a^2/n_a + s_b^2/n_b, Welch and
  Satterthwaite's degrees of freedom.
- Where one side's spread is not known (a single net, or an average printed without its nets), it is taken to be the
  other's: SE^2 = s^2 (1/n_a + 1/n_b), n - 1 degrees of freedom, n being the nets of the side that is known.
- Where neither is known, or no net differs from another, there is no interval.

It covers the draw of the nets' random weights alone. It does not cover what all nets of a row have in common: the test
images (see `binomial_error`), the data order, and the one Stage 1 that they start from.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, variance

from layerhint.report.student_t import t_quantile

LEVEL = 0.95


@dataclass(frozen=True)
class Sample:
    """The mean of `n` nets, and the variance from net to net (divisor n - 1); None where that is not known."""

    mean: float
    n: int
    variance: float | None = None

    @property
    def spread(self) -> float | None:
        """The standard deviation from net to net."""
        return None if self.variance is None else math.sqrt(self.variance)


@dataclass(frozen=True)
class Difference:
    """a - b, with the ends of its interval; None where there is no interval."""

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def interval(self) -> tuple[float, float] | None:
        return None if self.low is None or self.high is None else (self.low, self.high)


def sample_of(figures: Sequence[float]) -> Sample | None:
    """The sample of some nets' figures; None without any. A diverged net (NaN) makes its mean NaN."""
    if not figures:
        return None
    if not all(map(math.isfinite, figures)):
        return Sample(math.nan, len(figures))
    return Sample(fmean(figures), len(figures), variance(figures) if len(figures) > 1 else None)


def difference(a: Sample, b: Sample) -> Difference:
    """a - b with its interval, by the rule above."""
    value = a.mean - b.mean
    error, freedom = _standard_error(a, b)
    if not (error > 0 and math.isfinite(value)):
        return Difference(value)
    half = t_quantile((1 + LEVEL) / 2, freedom) * error
    return Difference(value, value - half, value + half)


def mean_interval(sample: Sample) -> tuple[float, float] | None:
    """Student's 95 % interval of a mean over nets: mean +- t s / sqrt(n); None where no net differs from another."""
    if not sample.variance:
        return None
    half = t_quantile((1 + LEVEL) / 2, sample.n - 1) * math.sqrt(sample.variance / sample.n)
    return sample.mean - half, sample.mean + half


def binomial_error(percent: float, images: int) -> float:
    """The standard error, in percentage points, of one net's figure as an estimate for images that it was not tested
    on: sqrt(p (1 - p) / images)."""
    p = min(max(percent / 100, 0.0), 1.0)
    return 100 * math.sqrt(p * (1 - p) / images)


def _standard_error(a: Sample, b: Sample) -> tuple[float, float]:
    """The standard error of a - b and its degrees of freedom; 0 where it is not known."""
    if a.variance is not None and b.variance is not None:
        parts = (a.variance / a.n, b.variance / b.n)
        squares = parts[0] ** 2 / (a.n - 1) + parts[1] ** 2 / (b.n - 1)
        return math.sqrt(sum(parts)), sum(parts) ** 2 / squares if squares else 0.0
    for known in (a, b):
        if known.variance is not None:
            return math.sqrt(known.variance * (1 / a.n + 1 / b.n)), known.n - 1
    return 0.0, 0.0
