"""One driver at a time in a run's folder: the second waits for the first, and a dead one holds nothing."""

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
from layerhint.folders import make_folder

FILE = "lock"


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
        file.seek(0)
        file.truncate()
        json.dump(_myself(), file)
        file.flush()
        try:
            yield
        finally:
            file.seek(0)
            file.truncate()


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
            say(f"{path.parent} is in use by {_described(file)}; waiting until that is done (Ctrl-C: do not wait)")
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
    """The owner as it wrote itself down; it may be about to do so."""
    try:
        file.seek(0)
        it = json.loads(file.read())
        return f"process {it['pid']} on {it['host']}, since {it['since']} (`{it['command']}`)"
    except (ValueError, KeyError, TypeError):
        return "another process"
