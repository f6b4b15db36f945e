"""A folder that is filled by one process at a time, and in which nothing half-made keeps its final name."""

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from layerhint.errors import LayerhintError
from torchcaffe.files import put_in_place

_PARTIAL = ".partial-"


@contextlib.contextmanager
def workspace(target: Path) -> Iterator[Path]:
    """A temporary folder inside `target`, removed at the end whatever happens; `target` is locked meanwhile.

    What an earlier process that was killed left behind is removed first.
    Raises LayerhintError where another process is at work in `target`, OSError where it cannot be written.
    """
    target.mkdir(parents=True, exist_ok=True)
    try:
        with _locked(target):
            _remove_stale(target)
            work = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=target))
            try:
                yield work
            finally:
                shutil.rmtree(work, ignore_errors=True)
    finally:
        with contextlib.suppress(OSError):
            target.rmdir()  # only succeeds where nothing was made


def tidy(target: Path) -> None:
    """Removes what a process that was killed left in `target`, unless another one is at work there."""
    with contextlib.suppress(LayerhintError), _locked(target):
        _remove_stale(target)


def _remove_stale(target: Path) -> None:
    for stale in target.glob(f"{_PARTIAL}*"):
        shutil.rmtree(stale, ignore_errors=True)


def replace(new: Path, target: Path, work: Path) -> None:
    """Give `new` the name `target`; what stood there moves into `work`, which is removed with it."""
    if target.exists():
        target.rename(work / f"old-{target.name}")
    put_in_place(new, target)


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LayerhintError(f"another process is making {folder}: wait until it has ended") from None
        except OSError:
            pass  # a network file system without locks: go on without one
        yield
    finally:
        os.close(handle)
