"""The base of Log and Exp layers."""

import math

from torchcaffe.layer_types.layer import Layer


def log_of_base(layer: Layer, base: float) -> float:
    """ln(base) for a base that is positive or -1, which means e; refuses others."""
    if base == -1:
        return 1.0
    if base <= 0:
        layer.fail(f"its base is {base:g}: it must be positive, or -1 for e")
    return math.log(base)
