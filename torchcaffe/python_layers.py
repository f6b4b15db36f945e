"""Sets whether nets may have Python layers, which run code that a prototxt names."""

from collections.abc import Iterator
from contextlib import contextmanager

_allowed = True


def python_layers_are_allowed() -> bool:
    """Whether the innermost `python_layers` allows them; True outside of any: a Python program runs Python anyway."""
    return _allowed


@contextmanager
def python_layers(allowed: bool) -> Iterator[None]:
    """Sets whether nets built inside may have Python layers. Use False for prototxts from elsewhere."""
    global _allowed
    before, _allowed = _allowed, allowed
    try:
        yield
    finally:
        _allowed = before
