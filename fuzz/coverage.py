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
"""Indexed by the number of the comparison in Python's bytecode."""


@contextmanager
def coverage() -> Iterator[None]:
    """Instruments the modules that are imported inside; they stay so."""
    import atheris

    hide_arrays()
    with atheris.instrument_imports(include=_INSTRUMENTED):
        yield


def hide_arrays() -> None:
    """Hides comparisons of arrays from atheris, which cannot learn from them.

    atheris 3.0.0 keeps references to both operands and to the result, so that compared arrays are never freed. Call
    this before each input: atheris installs its own function again when it starts.
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
