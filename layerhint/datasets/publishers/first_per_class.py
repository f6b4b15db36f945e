"""Which images the sample keeps of a publisher's file."""

import numpy as np
from numpy.typing import NDArray

from layerhint.datasets.images import Bytes
from layerhint.errors import LayerhintError


def first_per_class(labels: Bytes, count: int, classes: int) -> NDArray[np.intp]:
    """The positions, in order, of the first `count` images of each of the `classes`.

    Raises LayerhintError where a class has fewer.
    """
    chosen = []
    for label in range(classes):
        positions = np.flatnonzero(labels == label)[:count]
        if len(positions) < count:
            raise LayerhintError(f"class {label} has {len(positions)} images, expected at least {count}")
        chosen.append(positions)
    return np.sort(np.concatenate(chosen))
