"""Numbers of the generated files."""

import math
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from layerhint.errors import LayerhintError
from layerhint.rendering.numbers import as_float32, number


@pytest.mark.parametrize(
    ("value", "kept"),
    [(1 / 3, 11184811 / 2**25), (0.1, 13421773 / 2**27), (-2.5, -2.5), (1e39, math.inf), (-1e39, -math.inf)],
)
def test_the_nearest_float32(value: float, kept: float) -> None:
    """24 bits of 1/3 and of 0.1; the largest float32 is about 3.4e38."""
    assert as_float32(value) == kept


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1, "0.1"),
        (5.0, "5"),
        (-0.0078125, "-0.0078125"),
        (1e-4, "0.0001"),
        (1e-5, "1e-05"),
        (0.999, "0.999"),
        (1 / 3, "0.33333333"),
        (100.0, "100"),
        (0, "0"),
    ],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert number(value) == text


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_numbers_are_the_same_float32(value: float) -> None:
    assert struct.pack("f", float(number(value))) == struct.pack("f", value) or value == 0


def test_a_number_beyond_float32_is_refused() -> None:
    with pytest.raises(LayerhintError, match="float32"):
        number(1e300)


@pytest.mark.parametrize(("value", "text"), [(math.inf, "inf"), (-math.inf, "-inf"), (math.nan, "nan")])
def test_what_is_no_finite_number_has_its_name(value: float, text: str) -> None:
    assert number(value) == text
