"""Numbers as Caffe keeps them: 1/3 in a prototxt is the float32 next to it."""

import numpy as np


def as_float32(value: float) -> float:
    """The float32 nearest to a number."""
    return float(np.float32(value))
