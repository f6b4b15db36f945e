"""Whose turn it is: of several threads, one at a time runs nets or takes arrays.

In Caffe whoever runs a net holds Python's own lock, the GIL, all the while; other threads go on only where the person's
code runs, a callback or a Python layer. PyTorch lets them go on while it computes, so the turns are kept here. As in
Caffe a callback may wait for another thread that runs a net. Threads that read data ahead need no turn.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.RLock()


class _Mine(threading.local):
    depth = 0  # How often this thread has begun its turn, and not ended it.


_mine = _Mine()


@contextmanager
def turn() -> Iterator[None]:
    """Waits until no other thread has its turn, and keeps them waiting; a thread that has its turn goes on at once."""
    with _lock:
        _mine.depth += 1
        try:
            yield
        finally:
            _mine.depth -= 1


@contextmanager
def turn_of_others() -> Iterator[None]:
    """Lets other threads have their turns, if it was this one's; waits for it again at the end."""
    depth, _mine.depth = _mine.depth, 0
    for _ in range(depth):
        _lock.release()
    try:
        yield
    finally:
        for _ in range(depth):
            _lock.acquire()
        _mine.depth = depth
