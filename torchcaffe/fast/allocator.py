"""Makes glibc keep the memory that a training loop frees and soon asks for again."""

import ctypes
import sys

_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_LARGEST = (1 << 30, 32 << 20)  # Bytes: blocks up to this size are kept. Older glibcs take no more than the second.


def keep_memory() -> bool:
    """Raises glibc's thresholds for giving memory back to the system; returns whether that was possible.

    Without it each iteration maps and zeroes the pages of every blob anew, which costs a CPU run about a fifth
    of its time. The process then keeps the most memory it has ever used.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):
        return False
    kept = any(mallopt(_M_MMAP_THRESHOLD, size) for size in _LARGEST)
    return bool(mallopt(_M_TRIM_THRESHOLD, _LARGEST[0])) and kept
