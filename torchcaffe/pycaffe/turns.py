"""Lets only one thread at a time run nets or take arrays.

In Caffe a thread that runs a net holds Python's own lock, the GIL, throughout; other threads run only during the user's
code, a callback or a Python layer. PyTorch releases the GIL while it computes, so this module has a lock of its own. As
in Caffe a callback may wait for another thread that runs a net. Threads that read data ahead need no turn.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.RLock()


class _Mine(threading.local):
    depth = 0  # How many `turn` contexts this thread is in.


_mine = _Mine()


@contextmanager
def turn() -> Iterator[None]:
    """Waits until no other thread has the turn, and holds it inside; does not wait if this thread holds it already."""
    with _lock:
        _mine.depth += 1
        try:
            yield
        finally:
            _mine.depth -= 1


@contextmanager
def turn_of_others() -> Iterator[None]:
    """Inside, other threads can take the turn that this one holds; at the end waits to get it back."""
    depth, _mine.depth = _mine.depth, 0
    for _ in range(depth):
        _lock.release()
    try:
        yield
    finally:
        for _ in range(depth):
            _lock.acquire()
        _mine.depth = depth
