"""What a distribution asks of a generator, and the number types it can produce."""

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

RealType = type[np.floating[Any]]
"""np.float32 or np.float64, as C++'s `RealType` template argument: every operation is rounded to it."""

RealArray = npt.NDArray[np.floating[Any]]


class Engine(Protocol):
    """A generator whose draws are uniform on all of 0 .. 2**32 - 1, as `boost::mt19937`."""

    def next_u32(self) -> int:
        """The next draw."""

    def raw(self, count: int) -> npt.NDArray[np.uint32]:
        """The next `count` draws."""
