"""Spans of time as a person writes them (90s, 9m, 2h, 1.5d)."""

import re

from layerhint.errors import LayerhintError

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SPAN = re.compile(r"(\d+(?:\.\d+)?)([smhd])")


def seconds_of(text: str, option: str) -> float:
    """The seconds of a span; LayerhintError, which names the option, for anything else."""
    found = _SPAN.fullmatch(text.strip())
    seconds = float(found[1]) * _SECONDS[found[2]] if found else 0.0
    if seconds <= 0:
        raise LayerhintError(f"{option} {text}: give a number with s, m, h or d for its unit, such as 9m")
    return seconds
