import pytest

from benchmarks.statistics import Spread, ratio, spread


def test_spread_is_median_and_quartiles() -> None:
    """Of five sorted samples the quartiles are the second and the fourth."""
    assert spread([50.0, 10.0, 40.0, 20.0, 30.0]) == Spread(30.0, 20.0, 40.0)
    assert spread([1.0, 2.0]) == Spread(1.5, 1.25, 1.75)


def test_a_single_sample_is_its_own_spread() -> None:
    assert spread([7.0]) == Spread(7.0, 7.0, 7.0)


def test_ratio_is_taken_round_by_round() -> None:
    """A round in which the machine is ten times as slow leaves the ratio alone; the medians' ratio would be 10."""
    assert ratio([2.0, 20.0, 20.0], [1.0, 10.0, 10.0]) == 2.0
    assert ratio([2.0, 60.0, 3.0], [1.0, 10.0, 1.0]) == 3.0
    with pytest.raises(ValueError, match="shorter"):
        ratio([1.0, 2.0], [1.0])
