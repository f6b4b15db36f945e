"""Numbers as Caffe keeps them, in float32, and as a prototxt spells them."""

import math
import struct

from layerhint.errors import LayerhintError


def as_float32(value: float) -> float:
    """The float32 nearest to a number; infinite if the number is too large."""
    try:
        (kept,) = struct.unpack("<f", struct.pack("<f", value))
    except OverflowError:
        return math.copysign(math.inf, value)
    return float(kept)


def number(value: float) -> str:
    """The shortest decimal that Caffe, which keeps float32, reads as the same number: 1/3 is 0.33333333."""
    if float(value).is_integer() and abs(value) < 10**15:
        return str(int(value))
    wanted = as_float32(value)
    if math.isinf(wanted) and math.isfinite(value):
        raise LayerhintError(f"{value:g} does not fit into Caffe's float32")
    texts = (f"{value:.{digits}g}" for digits in range(1, 10))
    return next(text for text in texts if as_float32(float(text)) == wanted or math.isnan(wanted))
