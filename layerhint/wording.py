"""Numbers, spans of time, shapes and engines as a person is told them."""

import re
from collections.abc import Iterable, Mapping

UNKNOWN = "not recorded"
_AT_PATH = re.compile(r",? at \S*/\S*$")  # Where a real Caffe lies on one machine is of no use on another.


def count(value: int) -> str:
    """A count with its thousands apart: 64,000."""
    return f"{value:,}"


def plural(number: int, word: str) -> str:
    """`1 thread`, `4 threads`."""
    return f"{number} {word}{'s' if number != 1 else ''}"


def spelt(shape: Iterable[int]) -> str:
    """A shape: `64 x 3 x 3 x 3`."""
    return " x ".join(map(str, shape))


def kilobytes(size: int) -> str:
    """Bytes as thousands: `701 kB`."""
    return f"{size / 1000:,.0f} kB"


def milliseconds(value: float) -> str:
    """`0.68 ms`, `12.3 ms`, `1,234 ms`."""
    return f"{value:,.{2 if value < 10 else 1 if value < 100 else 0}f} ms"


def duration(seconds: float) -> str:
    """Seconds as a person says them: 45 s, 12 min, 3.4 h, 2.1 days."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    if seconds < 48 * 3600:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 86400:.1f} days"


def engine_name(engine: Mapping[str, str], whole: bool = True) -> str:
    """`torchcaffe 0.1.0 (PyTorch 2.13.0)`, or what a real Caffe calls itself; without the brackets unless `whole`."""
    match engine.get("name"):
        case "torch":
            own = f"torchcaffe {engine.get('version', '')}".strip()
            return f"{own} (PyTorch {engine['torch']})" if whole and "torch" in engine else own
        case "caffe":
            return _AT_PATH.sub("", engine.get("version", "Caffe"))
        case "by hand":
            return "trained by hand"
        case _:
            return UNKNOWN
