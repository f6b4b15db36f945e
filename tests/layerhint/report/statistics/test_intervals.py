"""The t quantile and the intervals, against tables and values worked out by hand."""

import math

import pytest

from layerhint.report.statistics.intervals import (
    Pool,
    Sample,
    binomial_error,
    difference,
    mean_interval,
    pool_of,
    sample_of,
)
from layerhint.report.statistics.student_t import t_quantile


@pytest.mark.parametrize(
    ("freedom", "quantile"),
    # Table of the t distribution, two-sided 95 % (Abramowitz and Stegun, Table 26.10).
    [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (10, 2.228), (30, 2.042), (120, 1.980), (1e7, 1.960)],
)
def test_quantiles_of_the_tables(freedom: float, quantile: float) -> None:
    assert t_quantile(0.975, freedom) == pytest.approx(quantile, abs=5e-4)


def test_quantiles_that_have_a_closed_form() -> None:
    # One degree of freedom is Cauchy's distribution: tan(pi (p - 1/2)). Two: (2p - 1) / sqrt(2 p (1 - p)).
    for p in (0.51, 0.8, 0.975, 0.9995):
        assert t_quantile(p, 1) == pytest.approx(math.tan(math.pi * (p - 0.5)), rel=1e-10)
        assert t_quantile(p, 2) == pytest.approx((2 * p - 1) / math.sqrt(2 * p * (1 - p)), rel=1e-10)


def test_fewer_degrees_of_freedom_reach_further() -> None:
    values = [t_quantile(0.975, freedom) for freedom in (0.7, 1.5, 2.2, 3.9, 8.8)]
    assert values == sorted(values, reverse=True)


@pytest.mark.parametrize(("probability", "freedom"), [(0.5, 3), (1.0, 3), (0.975, 0), (0.3, 2)])
def test_quantiles_that_there_are_not(probability: float, freedom: float) -> None:
    with pytest.raises(ValueError, match="no quantile"):
        t_quantile(probability, freedom)


def test_welch_by_hand() -> None:
    # Table 1 of the paper: proposed 91.66 91.80 91.64 and Hint-KD 91.05 91.23 91.19, but with the means of the nets.
    proposed, hint = sample_of([91.66, 91.80, 91.64]), sample_of([91.05, 91.23, 91.19])
    assert proposed is not None
    assert hint is not None
    # Deviations -.04 .10 -.06 and -.32/3 .22/3 .10/3: variances 0.0076 and 0.0089333.
    assert proposed.variance == pytest.approx(0.0076)
    assert hint.variance == pytest.approx(0.00893333, rel=1e-5)
    error = math.sqrt(0.0076 / 3 + 0.00893333 / 3)
    # Welch and Satterthwaite: (a + b)^2 / (a^2/2 + b^2/2) = 3.974 with a, b the two variances.
    freedom = 2 * (0.0076 + 0.00893333) ** 2 / (0.0076**2 + 0.00893333**2)
    assert freedom == pytest.approx(3.974, abs=1e-3)
    found = difference(proposed, hint)
    assert found.value == pytest.approx(0.543333, rel=1e-5)
    assert found.interval == pytest.approx(
        (0.543333 - t_quantile(0.975, freedom) * error, 0.543333 + t_quantile(0.975, freedom) * error), rel=1e-4
    )
    assert found.interval == pytest.approx((0.337, 0.750), abs=1e-3)  # t = 2.782, error 0.0742.


def test_welch_with_unlike_numbers_of_nets() -> None:
    # SE^2 = 0.02/2 + 0.04/4 = 0.02; freedom 0.02^2 / (0.01^2/1 + 0.01^2/3) = 3, t = 3.182446.
    half = 3.182446 * math.sqrt(0.02)
    assert difference(Sample(91.0, 2, 0.02), Sample(90.0, 4, 0.04)).interval == pytest.approx((1 - half, 1 + half))


def test_the_pool_of_rows_by_hand() -> None:
    # (2 * 0.01 + 1 * 0.04) / (2 + 1); lone nets and averages without nets do not count.
    pool = pool_of([Sample(91.0, 3, 0.01), None, Sample(90.0, 1), Sample(91.5, 2, 0.04), Sample(71.85, 3)])
    assert pool == Pool(pytest.approx(0.02), 3)
    assert pool_of([Sample(90.0, 1), Sample(71.85, 3)]) is None


def test_with_a_lone_net_both_sides_have_the_pooled_spread() -> None:
    # Student's two-sample t with n = 3 and 1: s sqrt(1/3 + 1); s = 0.2 with 8 degrees of freedom, t = 2.306004.
    pool, half = Pool(0.04, 8), 2.306004 * 0.2 * math.sqrt(4 / 3)
    for own in (0.0, 0.01, 1.0):  # That the row's own few nets lie close, or far apart, is luck.
        nets, lone = Sample(91.0, 3, own), Sample(90.0, 1)
        assert difference(nets, lone, pool).interval == pytest.approx((1 - half, 1 + half), rel=1e-6)
        assert difference(lone, nets, pool).interval == pytest.approx((-1 - half, -1 + half), rel=1e-6)


def test_an_average_without_nets_counts_as_many_nets() -> None:
    # Figure 10's 71.85 is an average of three: s sqrt(1/3 + 1/3), 2 degrees of freedom.
    found = difference(Sample(72.0, 3, 0.04), Sample(71.85, 3), Pool(0.04, 2))
    assert found.high is not None
    assert found.high - found.value == pytest.approx(4.302653 * 0.2 * math.sqrt(2 / 3), rel=1e-6)


def test_no_variance_is_less_than_rounding_leaves() -> None:
    # Three times 0.44, in steps of 0.01: variance 0.0001 / 12. Welch: SE^2 = 2 * 0.0001 / 36, 4 degrees of freedom,
    # t = 2.776445.
    same, other = sample_of([0.44] * 3, 0.01), sample_of([0.41] * 3, 0.01)
    assert same is not None
    assert other is not None
    assert same.spread == pytest.approx(0, abs=1e-12), "shown as it was measured"
    half = 2.776445 * 0.01 / math.sqrt(18)
    assert difference(same, other).interval == pytest.approx((0.03 - half, 0.03 + half), rel=1e-6)
    assert pool_of([same, other]) == Pool(pytest.approx(0.0001 / 12), 4)
    # One mean: SE^2 = 0.0001 / 36, 2 degrees of freedom.
    assert mean_interval(same) == pytest.approx((0.44 - 4.302653 * 0.01 / 6, 0.44 + 4.302653 * 0.01 / 6), rel=1e-6)


def test_a_larger_variance_is_left_as_it_is() -> None:
    sample = sample_of([0.36, 0.43, 0.41], 0.01)
    assert sample is not None
    assert sample.floored == sample.variance == pytest.approx(0.0013)


def test_a_bare_figure_has_no_interval() -> None:
    bare, nets = Sample(91.5, 3, 0.01, bare=True), Sample(91.0, 3, 0.01)
    assert difference(bare, nets, Pool(0.01, 4)).interval is None
    assert difference(Sample(90.0, 1), bare, Pool(0.01, 4)).interval is None
    assert mean_interval(bare) is None


def test_without_any_spread_there_is_no_interval() -> None:
    assert difference(Sample(91.7, 1), Sample(91.15, 3), Pool(0.01, 4)).interval is None, "neither side's is known"
    assert difference(Sample(91.7, 3, 0.01), Sample(90.0, 1)).interval is None, "no row to take it from"
    same = sample_of([0.58, 0.58, 0.58])
    assert same is not None
    assert difference(same, same).interval is None
    assert mean_interval(same) is None
    assert mean_interval(Sample(0.5, 1)) is None


def test_a_diverged_net_leaves_no_interval() -> None:
    diverged = sample_of([91.0, math.nan, 91.2])
    assert diverged is not None
    assert math.isnan(diverged.mean)
    assert difference(diverged, Sample(91.0, 3, 0.01), Pool(0.01, 2)).interval is None
    assert pool_of([diverged]) is None


def test_the_interval_of_a_mean() -> None:
    # 4.302653 * 0.1 / sqrt(3).
    assert mean_interval(Sample(91.0, 3, 0.01)) == pytest.approx((91 - 0.248414, 91 + 0.248414), rel=1e-6)


def test_no_figures_no_sample() -> None:
    assert sample_of([]) is None
    one = sample_of([90.5])
    assert one == Sample(90.5, 1, None)
    assert one.spread is None


def test_the_binomial_error() -> None:
    # sqrt(0.91 * 0.09 / 10000) = 0.002862.
    assert binomial_error(91.0, 10000) == pytest.approx(0.2862, abs=1e-4)
    assert binomial_error(100.0, 10000) == 0
