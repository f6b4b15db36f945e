"""A table as text, for the terminal as for a file."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """`head` and each of `rows` have one text a column. The first `words` columns are words, the others numbers."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: int
    notes: tuple[str, ...] = ()
