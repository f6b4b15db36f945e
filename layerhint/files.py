"""Writes a run's files whole or not at all (`torchcaffe.files`); errors tell the user what to do."""

import contextlib
import errno
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from layerhint.errors import LayerhintError
from torchcaffe.files import replace_file, writer_of

_REMEDIES = {
    errno.ENOSPC: "No space is left on the device: free some space, then run the same command again",
    errno.EDQUOT: "The disk quota is used up: free some space, then run the same command again",
    errno.EFBIG: "It would be larger than this process may write: raise the limit (`ulimit -f unlimited`)",
}

ELSEWHERE = "Choose another place"


def write_text(path: Path, text: str, remedy: str = ELSEWHERE) -> None:
    """Writes a text in UTF-8, and makes its folder. Raises LayerhintError, as `naming` does, if that fails."""
    write_bytes(path, text.encode(), remedy)


def write_bytes(path: Path, content: bytes, remedy: str = ELSEWHERE) -> None:
    """Writes a file, and makes its folder; a symbolic link stays, and its target is replaced.

    Raises LayerhintError, as `naming` does, if that fails.
    """
    with naming(path, remedy):
        Path(os.path.realpath(path)).parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, content)


@contextlib.contextmanager
def naming(path: Path, remedy: str = ELSEWHERE) -> Iterator[None]:
    """Turns an OSError into a LayerhintError that names the file and what to do.

    That is `remedy`, which names the command's option for the place, unless the error itself tells more.
    """
    try:
        yield
    except OSError as error:
        said = _REMEDIES.get(error.errno or 0, f"{error.strerror or error}. {remedy}")
        raise LayerhintError(f"cannot write {path}: {said}") from None


def make_folder(path: Path, remedy: str = ELSEWHERE) -> None:
    """Makes a folder and those above it. Raises LayerhintError, which ends with `remedy`, if that fails."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LayerhintError(f"cannot make the folder {path}: {error.strerror}. {remedy}") from None


def remove_leftovers(folders: Iterable[Path]) -> list[Path]:
    """Removes the temporary files of this machine's dead processes, below some folders; returns their paths."""
    removed = []
    for folder in folders:
        for path in sorted(folder.rglob(".*.tmp")):
            process = writer_of(path)
            if process is not None and not is_alive(process):
                with contextlib.suppress(PermissionError):  # Another user's, who shares the folder.
                    path.unlink(missing_ok=True)
                    removed.append(path)
    return removed


def is_alive(process: int) -> bool:
    """Whether a process of this machine is there."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        pass
    return True
