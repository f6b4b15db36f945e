"""Reads the publisher's files out of their archives, into memory and within known sizes."""

import gzip
import io
import tarfile
from pathlib import Path

from layerhint.datasets.progress import ProgressReport, silent
from layerhint.datasets.publishers.descriptor import Archive, PublisherFile
from layerhint.errors import LayerhintError

_MAX_MEMBERS = 100
_OTHERS = 16 << 20
"""How many bytes headers and unwanted files may take when unpacked."""


def read_archive(path: Path, archive: Archive, progress: ProgressReport = silent) -> dict[str, bytes]:
    """The members of a .tar.gz or the content of a .gz, by name.

    Nothing is unpacked to disk: of a tar, only the regular files `folder/name` of the wanted names are read,
    and none takes more memory than the size that is known beforehand.
    Raises LayerhintError for a damaged archive, a missing member or one of another size.
    """
    try:
        if archive.folder:
            return _read_tar(path, archive, progress)
        (member,) = archive.members
        return {member.name: _read_gzip(path, member)}
    except (LayerhintError, OSError) as error:
        if isinstance(error, gzip.BadGzipFile):
            raise _damaged(path, error) from error
        raise
    except Exception as error:  # On damaged headers tarfile may raise any exception.
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> LayerhintError:
    return LayerhintError(
        f"{path}: the archive is damaged or cut off ({error}); delete it and run again to download it anew, or put a "
        "whole copy there"
    )


def _read_tar(path: Path, archive: Archive, progress: ProgressReport) -> dict[str, bytes]:
    wanted = {f"{archive.folder}/{member.name}": member for member in archive.members}
    total = sum(member.size for member in archive.members)
    found: dict[str, bytes] = {}
    # "r|" reads forward only, so that nothing is unpacked twice.
    with gzip.open(path) as stream, tarfile.open(fileobj=_Bounded(stream, total + _OTHERS), mode="r|") as tar:
        for seen, entry in enumerate(tar):
            if seen >= _MAX_MEMBERS:
                raise LayerhintError(f"{path}: more than {_MAX_MEMBERS} members; this is not {archive.name}")
            member = wanted.get(entry.name.removeprefix("./"))
            if member is None or not entry.isfile():
                continue
            found[member.name] = _read_member(path, tar, entry, member)
            progress(f"unpack {path.name}", sum(map(len, found.values())), total, "bytes")
            if len(found) == len(wanted):
                return found
    missing = [name for name, member in wanted.items() if member.name not in found]
    raise LayerhintError(f"{path}: {', '.join(missing)} is not in the archive")


class _Bounded(io.RawIOBase):
    """A stream that raises an error after `most` bytes: even a tar's headers can ask for any amount of memory."""

    def __init__(self, stream: gzip.GzipFile, most: int) -> None:
        super().__init__()
        self._stream, self._left = stream, most

    def read(self, size: int = -1) -> bytes:
        content = self._stream.read(min(size, self._left + 1) if size >= 0 else self._left + 1)
        self._left -= len(content)
        if self._left < 0:
            raise EOFError("it holds more than its files and headers can take")
        return content


def _read_member(path: Path, tar: tarfile.TarFile, entry: tarfile.TarInfo, member: PublisherFile) -> bytes:
    if entry.size != member.size:
        raise LayerhintError(f"{path}: {entry.name} has {entry.size} bytes in the archive, expected {member.size}")
    stream = tar.extractfile(entry)
    content = b"" if stream is None else stream.read()
    if len(content) != member.size:
        raise EOFError(f"{entry.name} ends after {len(content)} of {member.size} bytes")
    return content


def _read_gzip(path: Path, member: PublisherFile) -> bytes:
    with gzip.open(path) as stream:
        content = stream.read(member.size + 1)
    if len(content) != member.size:
        got = f"more than {member.size}" if len(content) > member.size else str(len(content))
        raise LayerhintError(f"{path}: {got} bytes when unpacked, expected {member.size}")
    return content
