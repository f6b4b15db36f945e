"""How the report writes numbers: as many digits as the test can tell apart, differences with their sign."""

import math

ABSENT = "-"
MINUS = "−"


def decimals_for(images: int | None) -> int:
    """Decimals of a percentage measured on so many test images: 2 for 10,000, and never more.

    One image in n moves a figure by 100/n %; a decimal below that step would say nothing. 2 where n is unknown.
    """
    if not images:
        return 2
    return min(2, max(0, math.ceil(math.log10(images) - 2)))


def step_of(images: int | None) -> float:
    """The step q between the percentages of so many test images: a unit of the last decimal, or one image if that is
    more."""
    unit = 10.0 ** -decimals_for(images)
    return max(unit, 100 / images) if images else unit


def percent(value: float | None, decimals: int = 2) -> str:
    """A measured percentage, without its sign: `91.70`; `-` for one that is absent, `NaN` for a diverged one."""
    if value is None:
        return ABSENT
    return f"{value:.{decimals}f}" if math.isfinite(value) else "NaN"


def papers(value: float) -> str:
    """A number of the paper as it prints it: two decimals, or three where it gives three (0.506)."""
    return f"{value:.3f}".removesuffix("0")


def signed(value: float | None, decimals: int = 2, minus: str = MINUS) -> str:
    """A difference with its sign: `+0.12`, `−0.30`, and `0.00` without one."""
    if value is None:
        return ABSENT
    if not math.isfinite(value):
        return "NaN"
    text = f"{abs(value):.{decimals}f}"
    if not text.strip("0."):
        return text
    return (minus if value < 0 else "+") + text


def significant(value: float) -> str:
    """Four significant digits, and no exponent for thousands: `0.09058`, `590.6`, `34,350`."""
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e9 else f"{value:.4g}"
