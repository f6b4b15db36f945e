"""Folders on a machine of the cluster: one for each attempt, removed with it, and one for each data set."""

import fcntl
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from layerhint.cluster.file_transfer import portable
from layerhint.datasets.manifest import dataset_fingerprint
from layerhint.errors import LayerhintError
from layerhint.records import fingerprint

OWN = ".attempt"
"""The subfolder of an attempt for the order, the lock and what the attempt prints. The driver fetches none of it."""


def scratch_root() -> Path:
    """The user's own folder below TMPDIR. Raises LayerhintError if other users can enter it."""
    root = Path(tempfile.gettempdir()) / f"layerhint-{os.getuid()}"
    try:
        root.mkdir(mode=0o700, exist_ok=True)
        status = root.lstat()
    except OSError as error:
        raise LayerhintError(f"cannot make {root}: {error.strerror}. Set TMPDIR to another place") from None
    if root.is_symlink() or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise LayerhintError(f"{root} is not this user's alone. Remove it, or set TMPDIR to another place")
    return root


def new_scratch() -> tuple[Path, IO[bytes]]:
    """Makes a folder for an attempt; returns it and its lock. While a process holds that, the folder is not removed."""
    root = scratch_root()
    _sweep(root)
    name = secrets.token_hex(8)
    beside = root / f"new-{name}"
    (beside / OWN).mkdir(parents=True, mode=0o700)
    lock = (beside / OWN / "lock").open("wb")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return beside.rename(root / f"scratch-{name}"), lock


def _sweep(root: Path) -> None:
    """Removes the folders of dead attempts."""
    for folder in root.glob("scratch-*"):
        try:
            with (folder / OWN / "lock").open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # Its process lives, or another process has removed it.
            continue


def find_data(wanted: str, seen_by_driver: Path) -> Path | None:
    """A folder with the wanted data set: the driver's own, if this machine sees it, or an earlier copy; else None."""
    for folder in (seen_by_driver, scratch_root() / f"data-{wanted}"):
        try:
            if dataset_fingerprint(folder) == wanted:
                return folder
        except LayerhintError:  # Damaged, or another user's.
            continue
    return None


def keep_data(wanted: str, files: Iterable[tuple[str, str, Iterable[bytes]]]) -> None:
    """Writes a data set's files, given by name, SHA-256 and pieces, into a folder that is renamed when complete.

    Raises LayerhintError if a file arrived damaged, or the disk is full.
    """
    root = scratch_root()
    beside = Path(tempfile.mkdtemp(prefix="new-data-", dir=root))
    try:
        for name, sha256, pieces in files:
            path = beside / portable(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                for piece in pieces:
                    file.write(piece)
            if fingerprint.of_file(path) != sha256:
                raise LayerhintError(f"{name} of a data set arrived damaged in {root}: run the same command again")
        try:
            beside.rename(root / f"data-{wanted}")
        except OSError:
            if dataset_fingerprint(root / f"data-{wanted}") != wanted:  # Else another worker was faster.
                raise
    except OSError as error:
        raise LayerhintError(
            f"cannot keep a data set in {root}: {error.strerror}. TMPDIR names another place"
        ) from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)
