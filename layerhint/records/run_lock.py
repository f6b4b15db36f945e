"""One driver at a time in a run's folder: the second waits for the first, and a dead one holds nothing.

The processes that a driver starts to write in the folder hold its lock with it: a training whose driver was killed is
waited for until it, too, has ended.
"""

import fcntl
import json
import os
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from layerhint.errors import LayerhintError
from layerhint.files import is_alive, make_folder, naming

FILE = "lock"
_held: set[int] = set()


@contextmanager
def locked(folder: Path, say: Callable[[str], object]) -> Iterator[None]:
    """Holds the lock of a run's folder, once it is free; `say` tells whom it waits for.

    The lock is the kernel's (flock), so that it goes with the process that held it, however that ends.
    Raises LayerhintError where the file cannot be made, or the file system knows no locks.
    """
    make_folder(folder)
    path = folder / FILE
    try:
        file = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise LayerhintError(f"cannot make the lock {path}: {error.strerror}. Name another folder with --out") from None
    with file:
        _acquire(file, path, say)
        with naming(path):
            os.truncate(file.fileno(), 0)
            os.write(file.fileno(), json.dumps(_myself()).encode())
        _held.add(file.fileno())
        try:
            yield
        finally:
            _held.discard(file.fileno())
            os.truncate(file.fileno(), 0)


def held() -> tuple[int, ...]:
    """The descriptors of the locks that this process holds, for `pass_fds` of a child that writes in a run's folder."""
    return tuple(_held)


def owner(folder: Path) -> str | None:
    """Who holds the lock of a run's folder, in words; None if nobody does."""
    try:
        with (folder / FILE).open(encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _described(file)
    except OSError:
        pass
    return None


def _acquire(file: IO[str], path: Path, say: Callable[[str], object]) -> None:
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"{path.parent} is in use by {_described(file)}; waiting until it is free (Ctrl-C: do not wait)")
            fcntl.flock(file, fcntl.LOCK_EX)
    except OSError as error:
        raise LayerhintError(
            f"cannot lock {path}: {error.strerror}. Name a folder on another disk with --out"
        ) from None


def _myself() -> dict[str, str | int]:
    return {
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": " ".join(sys.argv),
    }


def _described(file: IO[str]) -> str:
    """The owner, as it wrote itself into the file; it may not have done so yet."""
    try:
        file.seek(0)
        it = json.loads(file.read())
        owner = f"process {it['pid']} on {it['host']}, since {it['since']} (`{it['command']}`)"
        gone = it["host"] == socket.gethostname() and not is_alive(it["pid"])
        return f"what is left of {owner}, which was killed: a step of it has yet to end" if gone else owner
    except (ValueError, KeyError, TypeError):
        return "another process"
