"""Whether nets may have Python layers, which run code that a prototxt names."""

from collections.abc import Iterator
from contextlib import contextmanager

_allowed = True


def python_layers_are_allowed() -> bool:
    """What the innermost `python_layers` says; outside of any, yes: who writes a program in Python runs Python."""
    return _allowed


@contextmanager
def python_layers(allowed: bool) -> Iterator[None]:
    """Says whether nets that are built inside may have Python layers. For prototxts from elsewhere: False."""
    global _allowed
    before, _allowed = _allowed, allowed
    try:
        yield
    finally:
        _allowed = before
