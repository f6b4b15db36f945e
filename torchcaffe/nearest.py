"""The known name closest to one that is not known, for error messages."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is close to `name`; None if there is none. Upper and lower case count as the same."""
    by_folded = {each.casefold(): each for each in known}
    close = get_close_matches(name.casefold(), by_folded, n=1)
    return by_folded[close[0]] if close else None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """` Did you mean 'x'?` if some known name is close to `name`, otherwise nothing."""
    close = nearest(name, known)
    return f" Did you mean '{close}'?" if close else ""
