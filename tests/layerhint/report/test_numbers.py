"""How numbers are written."""

import pytest

from layerhint.report.numbers import decimals_for, papers, percent, signed, step_of


@pytest.mark.parametrize(
    ("value", "decimals", "shown"), [(91.7, 2, "91.70"), (26.83, 1, "26.8"), (None, 2, "-"), (9.999, 2, "10.00")]
)
def test_percentages(value: float | None, decimals: int, shown: str) -> None:
    assert percent(value, decimals) == shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0.094, "+0.09"), (-0.3, "−0.30"), (-0.004, "0.00"), (0.0, "0.00"), (None, "-"), (20.0, "+20.00")],
)
def test_differences_have_a_sign(value: float | None, shown: str) -> None:
    assert signed(value) == shown


def test_the_papers_own_digits() -> None:
    # Table 3 prints 0.506 beside 0.56, Table 1 91.70.
    assert [papers(value) for value in (0.506, 0.56, 91.7)] == ["0.506", "0.56", "91.70"]


@pytest.mark.parametrize(("images", "step"), [(10000, 0.01), (60000, 0.01), (5000, 0.02), (200, 0.5), (None, 0.01)])
def test_the_step_between_figures(images: int | None, step: float) -> None:
    # One of 200 images is 0.5 %, one of 60,000 less than the last decimal.
    assert step_of(images) == pytest.approx(step)


@pytest.mark.parametrize(("images", "decimals"), [(10000, 2), (60000, 2), (1000, 1), (200, 1), (100, 0), (None, 2)])
def test_no_more_decimals_than_the_test_images_tell_apart(images: int | None, decimals: int) -> None:
    # One of 200 images is 0.5 %: one decimal shows it, a second would be noise.
    assert decimals_for(images) == decimals
