"""Reads and writes whole files: size-checked reads, and writes that never leave a half-written file."""

import contextlib
import difflib
import errno
import os
import re
import secrets
import socket
import stat
from pathlib import Path
from typing import IO

from torchcaffe.errors import CaffeError
from torchcaffe.memory import check_memory

_CHUNK = 1 << 20
_TEMPORARY = re.compile(r"^(\..+)\.(\d+)\.[0-9a-f]{8}\.tmp$")

_WRITE_REMEDIES = {
    errno.ENOSPC: "no space is left on the device: free some space or choose another place",
    errno.EDQUOT: "the disk quota is used up: free some space or choose another place",
    errno.EFBIG: "it would be larger than this process may write: raise the limit (`ulimit -f unlimited`)",
    errno.EACCES: "this user may not write there: change the permissions or choose another place",
    errno.EPERM: "this user may not write there: change the permissions or choose another place",
    errno.EROFS: "the file system is read-only: choose another place",
    errno.ENOENT: "the directory does not exist: create it first",
    errno.ENOTDIR: "a part of its path is a file, not a directory: choose another place",
    errno.EISDIR: "it is a directory: give a file name",
}


def write_bytes_atomically(path: str | Path, data: bytes) -> None:
    """Writes a file as `replace_file` does.

    Raises `CaffeError` where the file cannot be written: no space, no permission, no such directory.
    """
    try:
        replace_file(path, data)
    except OSError as error:
        raise CaffeError(f"cannot write {path}: {_write_remedy(error)}") from error


def replace_file(path: str | Path, data: bytes) -> None:
    """Writes `data` to `path` so that the name always holds either the old content or all of the new one.

    The bytes go to a temporary file in the same directory, are flushed to the device, and take the name
    over at the end. A symbolic link stays and its target is replaced. On failure the temporary file is
    removed. Raises OSError.
    """
    # Replacing the link itself would not change its target, which is often on a larger disk.
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    beside = temporary(target)
    try:
        with beside.open("xb") as file:
            file.write(data)
        put_in_place(beside, target)
    except BaseException:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
        raise


def put_in_place(beside: Path, path: Path) -> None:
    """Gives a whole file or directory its name, so that it lasts through a power cut. Raises OSError."""
    _sync(beside)
    beside.replace(path)
    _sync(path.parent)


def temporary(path: Path) -> Path:
    """A temporary name beside `path`, with host and process: see `writer_of`."""
    return path.with_name(f".{path.name[:150]}.{_host()}.{os.getpid()}.{secrets.token_hex(4)}.tmp")


def writer_of(file: Path) -> int | None:
    """The id of the process on this machine that made a name by `temporary`; None for any other name."""
    match = _TEMPORARY.match(file.name)
    return int(match[2]) if match and match[1].endswith(f".{_host()}") else None


def read_bytes(path: str | Path, limit: int, error: type[CaffeError] = CaffeError) -> bytes:
    """Returns the content of the file `path`, which may hold at most `limit` bytes.

    Raises `error` where there is no such file, it is a directory or a device, may not be read, is too large, or takes
    more memory than there is.
    """
    file = Path(path)
    try:
        # Not open yet: merely opening a device can have effects.
        status = file.stat()
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISFIFO(status.st_mode) or stat.S_ISDIR(status.st_mode)):
            raise error(f"cannot read {path}: it is a device or a socket, where a file is expected")
        _check_length(path, status.st_size, limit, error)
        check_memory(status.st_size, f"{path}", error)
        parts, length = [], 0
        with file.open("rb") as stream:
            # A pipe's size is not known beforehand.
            while part := stream.read(max(status.st_size + 1, _CHUNK)):
                length += len(part)
                _check_length(path, length, limit, error)
                parts.append(part)
        return b"".join(parts)
    except ValueError as cause:
        raise error(f"cannot read {str(path)!r}: {cause}") from cause
    except FileNotFoundError as cause:
        raise error(f"cannot read {path}: no such file{_near_name(file)}") from cause
    except IsADirectoryError as cause:
        raise error(f"cannot read {path}: it is a directory, where a file is expected") from cause
    except OSError as cause:
        raise error(f"cannot read {path}: {cause.strerror or cause}") from cause


def read_stream(stream: IO[bytes], name: str, limit: int, error: type[CaffeError] = CaffeError) -> bytes:
    """Returns what an open file still holds, at most `limit` bytes; `name` is its name in errors.

    Raises `error` where it holds more, or text.
    """
    parts: list[bytes] = []
    length = 0
    while part := stream.read(_CHUNK):
        if not isinstance(part, bytes):
            raise error(f"cannot read {name}: it gives {type(part).__name__}, not bytes: open it with mode 'rb'")
        length += len(part)
        if length > limit:
            raise error(f"cannot read {name}: it holds more than {limit} bytes, and at most so many can be read")
        parts.append(part)
    return b"".join(parts)


def _check_length(path: str | Path, length: int, limit: int, error: type[CaffeError]) -> None:
    if length > limit:
        raise error(f"cannot read {path}: it holds {length} bytes, and at most {limit} can be read")


def _host() -> str:
    return socket.gethostname()[:63]


def _sync(path: Path) -> None:
    """Flushes a file, or the names in a directory if the file system can, to the disk."""
    with contextlib.suppress(OSError) if path.is_dir() else contextlib.nullcontext():
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _write_remedy(error: OSError) -> str:
    return _WRITE_REMEDIES.get(error.errno or 0) or error.strerror or str(error)


def _near_name(missing: Path) -> str:
    try:
        names = [entry.name for entry in missing.parent.iterdir()]
    except OSError:
        return f"; the directory {missing.parent} cannot be listed either"
    near = difflib.get_close_matches(missing.name, names, n=1)
    return f"; did you mean {missing.parent / near[0]}?" if near else ""
