"""Coverage by atheris: which lines, branches and comparisons an input reaches."""

import operator
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

_INSTRUMENTED = ["torchcaffe", "layerhint", "google.protobuf", "yaml", "PIL", "tarfile"]
_ARRAYS = (np.ndarray, torch.Tensor)
_COMPARISONS = (operator.lt, operator.le, operator.eq, operator.ne, operator.gt, operator.ge)
"""By their numbers in Python's bytecode."""


@contextmanager
def coverage() -> Iterator[None]:
    """What is imported inside is watched from then on."""
    import atheris

    hide_arrays()
    with atheris.instrument_imports(include=_INSTRUMENTED):
        yield


def hide_arrays() -> None:
    """Keeps comparisons of arrays from atheris, which they lead nowhere.

    atheris 3.0.0 keeps references to what is compared and to the result. With numbers that does not matter; arrays are
    never freed then. To be called before each input: when it begins, atheris puts its own function in the place again.
    """
    import atheris

    watched = atheris._trace_cmp
    if getattr(watched, "hides_arrays", False):
        return

    def compare(left: Any, right: Any, comparison: int, *more: Any) -> Any:
        if isinstance(left, _ARRAYS) or isinstance(right, _ARRAYS):
            return _COMPARISONS[comparison](left, right)
        return watched(left, right, comparison, *more)

    compare.hides_arrays = True  # type: ignore[attr-defined]
    atheris._trace_cmp = compare
