"""Numbers as the tables show them."""

from benchmarks.statistics import Spread

ABSENT = "absent"


def plain(value: float) -> str:
    """A number with three significant digits, but with all digits before the point: `1,234`, `123`, `12.3`, `1.23`."""
    return f"{value:,.{_decimals(value)}f}"


def with_spread(value: Spread) -> str:
    """The median and the quartiles: `12.3 (12.1-12.9)`."""
    decimals = _decimals(value.median)
    return f"{value.median:,.{decimals}f} ({value.low:,.{decimals}f}-{value.high:,.{decimals}f})"


def times(value: float) -> str:
    """A factor: `1.35 x`."""
    return f"{value:.2f} x"


def percent(value: float) -> str:
    """A share: `71 %`."""
    return f"{100 * value:.0f} %"


def _decimals(value: float) -> int:
    return 0 if value >= 100 else 1 if value >= 10 else 2
