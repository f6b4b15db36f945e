"""Files and folders that a run leaves. A file is written beside its name, put on the device, and renamed.

A name holds the old content or all of the new one, whatever ends the process or the machine. The report writes by this
too and is built without torchcaffe, so nothing of that is imported. `torchcaffe.files` writes likewise, under temporary
names of the same form; the tests of `remove_leftovers` hold both to it.
"""

import contextlib
import errno
import os
import re
import secrets
import socket
from collections.abc import Iterable, Iterator
from pathlib import Path

from layerhint.errors import LayerhintError

_REMEDIES = {
    errno.ENOSPC: "No space is left on the device: free some space, then run the same command again",
    errno.EDQUOT: "The disk quota is used up: free some space, then run the same command again",
    errno.EFBIG: "It would be larger than this process may write: raise the limit (`ulimit -f unlimited`)",
}
_TEMPORARY = re.compile(r"^(\..+)\.(\d+)\.[0-9a-f]{8}\.tmp$")


ELSEWHERE = "Choose another place"


def write_text(path: Path, text: str, remedy: str = ELSEWHERE) -> None:
    """Writes a text in UTF-8, with its folder. Raises LayerhintError, as `naming` does, where that cannot be."""
    write_bytes(path, text.encode(), remedy)


def write_bytes(path: Path, content: bytes, remedy: str = ELSEWHERE) -> None:
    """Writes a file, with its folder; a symbolic link stays, and its target is replaced.

    Raises LayerhintError, as `naming` does, where that cannot be.
    """
    with naming(path, remedy):
        target = Path(os.path.realpath(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = temporary(target)
        try:
            with beside.open("xb") as file:
                file.write(content)
            put_in_place(beside, target)
        except BaseException:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)
            raise


def temporary(path: Path) -> Path:
    """A name beside `path` for what is not whole yet; it tells whose it is."""
    return path.with_name(f".{path.name[:150]}.{_host()}.{os.getpid()}.{secrets.token_hex(4)}.tmp")


def put_in_place(beside: Path, path: Path) -> None:
    """Gives a whole file or folder its name, so that it lasts through a power cut. Raises OSError."""
    _sync(beside)
    beside.replace(path)
    _sync(path.parent)


@contextlib.contextmanager
def naming(path: Path, remedy: str = ELSEWHERE) -> Iterator[None]:
    """Turns an OSError into a LayerhintError that names the file and what to do.

    That is `remedy`, which knows how the command is told of the place, unless the error itself says better.
    """
    try:
        yield
    except OSError as error:
        said = _REMEDIES.get(error.errno or 0, f"{error.strerror or error}. {remedy}")
        raise LayerhintError(f"cannot write {path}: {said}") from None


def make_folder(path: Path, remedy: str = ELSEWHERE) -> None:
    """Makes a folder and those above it. Raises LayerhintError where that cannot be, with what to do as `remedy`."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LayerhintError(f"cannot make the folder {path}: {error.strerror}. {remedy}") from None


def remove_leftovers(folders: Iterable[Path]) -> list[Path]:
    """Removes the temporary files of this machine's dead processes, below some folders; gives their names."""
    removed = []
    for folder in folders:
        for path in sorted(folder.rglob(".*.tmp")):
            found = _TEMPORARY.match(path.name)
            if found and found[1].endswith(f".{_host()}") and not is_alive(int(found[2])):
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


def _host() -> str:
    return socket.gethostname()[:63]


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:
        if not path.is_dir():  # Not every file system can sync a folder.
            raise
    finally:
        os.close(handle)
