"""Finds the known name closest to an unknown one, for error messages."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is close to `name`; None if there is none.

    Preferred is one that differs only in case; then one that is similar as written; then one that is very similar apart
    from the case.
    """
    by_folded = {each.casefold(): each for each in known}
    folded = name.casefold()
    if folded in by_folded:
        return by_folded[folded]
    close = get_close_matches(name, by_folded.values(), n=1, cutoff=0.6)
    # A higher cutoff: without case, many short words are similar, such as ReLU and ELU, Upsample and Scale.
    very_close = get_close_matches(folded, by_folded, n=1, cutoff=0.8)
    return next(iter([*close, *(by_folded[each] for each in very_close)]), None)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """` Did you mean 'x'?` if some known name is close to `name`, otherwise nothing."""
    close = nearest(name, known)
    return f" Did you mean '{close}'?" if close else ""
