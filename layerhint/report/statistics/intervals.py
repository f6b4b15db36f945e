"""How far apart two rows are, and how certain that is: the difference of two means with its 95 % interval.

One rule for measured against paper and for row against row:

- If the single nets of both sides are known, Welch's interval: SE^2 = s_a^2/n_a + s_b^2/n_b, Welch and
  Satterthwaite's degrees of freedom.
- If one side's spread is not known (a single net, or an average printed without its nets), both are taken to have
  that of all rows with several nets, pooled: SE^2 = s^2 (1/n_a + 1/n_b) with s^2 = sum (n_i - 1) s_i^2 / freedom and
  freedom = sum (n_i - 1). The spread of the other row alone would depend on the luck of a few nets.
- If neither is known, or no row has several nets, there is no interval. Nor has a bare figure one.

Figures come in steps of q. Rounding alone gives them a variance of q^2/12, so no s_i^2 is taken to be less.

An interval covers the draw of the nets' random weights alone. It does not cover what all nets of a row share: the test
images (see `binomial_error`), the data order, and the one Stage 1 that they start from.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, variance

from layerhint.report.statistics.student_t import t_quantile

LEVEL = 0.95


@dataclass(frozen=True)
class Sample:
    """The mean of `n` nets, and the variance from net to net (divisor n - 1); None if that is not known.

    `step` is q, that of the figures; 0 if they are exact. A `bare` figure has no interval: some of its nets have not
    finished, or it is no mean over them.
    """

    mean: float
    n: int
    variance: float | None = None
    step: float = 0.0
    bare: bool = False

    @property
    def spread(self) -> float | None:
        """The standard deviation from net to net."""
        return None if self.variance is None else math.sqrt(self.variance)

    @property
    def floored(self) -> float | None:
        """The variance that intervals take: q^2/12 at least."""
        return None if self.variance is None else max(self.variance, self.step**2 / 12)


@dataclass(frozen=True)
class Pool:
    """The variance from net to net of several rows together, with its degrees of freedom."""

    variance: float
    freedom: int


@dataclass(frozen=True)
class Difference:
    """a - b, with the ends of its interval; None where there is no interval."""

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def interval(self) -> tuple[float, float] | None:
        return None if self.low is None or self.high is None else (self.low, self.high)


def sample_of(figures: Sequence[float], step: float = 0.0) -> Sample | None:
    """The sample of some nets' figures; None without any. A diverged net (NaN) makes its mean NaN."""
    if not figures:
        return None
    if not all(map(math.isfinite, figures)):
        return Sample(math.nan, len(figures), step=step)
    return Sample(fmean(figures), len(figures), variance(figures) if len(figures) > 1 else None, step)


def pool_of(samples: Iterable[Sample | None]) -> Pool | None:
    """The pooled variance of the rows with several nets; None if there is no such row."""
    several = [(s.n - 1, s.floored) for s in samples if s is not None and s.floored is not None]
    freedom = sum(own for own, _ in several)
    return Pool(math.fsum(own * square for own, square in several) / freedom, freedom) if several else None


def difference(a: Sample, b: Sample, pool: Pool | None = None) -> Difference:
    """a - b with its interval, by the rule above; `pool` is that of the table's rows."""
    value = a.mean - b.mean
    error, freedom = _standard_error(a, b, pool)
    if not (error > 0 and math.isfinite(value)):
        return Difference(value)
    half = t_quantile((1 + LEVEL) / 2, freedom) * error
    return Difference(value, value - half, value + half)


def mean_interval(sample: Sample) -> tuple[float, float] | None:
    """Student's 95 % interval of a mean over nets: mean +- t s / sqrt(n); None for a lone net or a bare figure."""
    if not sample.floored or sample.bare:
        return None
    half = t_quantile((1 + LEVEL) / 2, sample.n - 1) * math.sqrt(sample.floored / sample.n)
    return sample.mean - half, sample.mean + half


def binomial_error(percent: float, images: int) -> float:
    """The standard error, in percentage points, of one net's figure as an estimate for images that it was not tested
    on: sqrt(p (1 - p) / images)."""
    p = min(max(percent / 100, 0.0), 1.0)
    return 100 * math.sqrt(p * (1 - p) / images)


def _standard_error(a: Sample, b: Sample, pool: Pool | None) -> tuple[float, float]:
    """The standard error of a - b and its degrees of freedom; 0 where it is not known."""
    if a.bare or b.bare or (a.floored is None and b.floored is None):
        return 0.0, 0.0
    if a.floored is not None and b.floored is not None:
        parts = (a.floored / a.n, b.floored / b.n)
        squares = parts[0] ** 2 / (a.n - 1) + parts[1] ** 2 / (b.n - 1)
        return math.sqrt(sum(parts)), sum(parts) ** 2 / squares if squares else 0.0
    return (math.sqrt(pool.variance * (1 / a.n + 1 / b.n)), pool.freedom) if pool else (0.0, 0.0)
