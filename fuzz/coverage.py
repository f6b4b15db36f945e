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
    """What is imported inside is watched from then on.

    atheris 3.0.0 keeps a reference to the result of every comparison. Of numbers that is True or False; of arrays it
    is an array, which would never be freed. So it does not see comparisons of arrays, which lead it nowhere.
    """
    import atheris

    watched = atheris._trace_cmp

    def compare(left: Any, right: Any, comparison: int, *more: Any) -> Any:
        if isinstance(left, _ARRAYS) or isinstance(right, _ARRAYS):
            return _COMPARISONS[comparison](left, right)
        return watched(left, right, comparison, *more)

    atheris._trace_cmp = compare
    with atheris.instrument_imports(include=_INSTRUMENTED):
        yield
