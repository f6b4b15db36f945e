"""Sends files between machines: packs them, unpacks them, and finds what has changed in a folder."""

import os
import time
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path, PurePosixPath

from layerhint.cluster.order import Parcel
from layerhint.errors import LayerhintError
from layerhint.files import naming, write_bytes

OLDER = 365 * 24 * 3600 * 10**9
"""Nanoseconds by which unpacked files are backdated: their order stays, and whatever is made from them is younger, even
if the machines' clocks differ."""

SETTLED_SECONDS = 1.0
"""A file counts as complete if it was last changed this long ago: a real Caffe writes its snapshots in place."""

Stamp = tuple[int, int]


def portable(path: Path | str) -> str:
    """A path as a parcel names it. Raises LayerhintError for a path outside the repository."""
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts:
        raise LayerhintError(
            f"{path} lies outside the repository, so that other machines cannot have it under this name. With --ray, "
            "keep it below the repository; a link there to another disk will do"
        )
    return pure.as_posix()


def pack(paths: Iterable[Path]) -> list[Parcel]:
    """Parcels of those files that exist, oldest first."""
    times = {path: path.stat().st_mtime_ns for path in dict.fromkeys(paths) if path.is_file()}
    return [
        Parcel(portable(path), path.read_bytes(), modified=times[path])
        for path in sorted(times, key=lambda p: times[p])
    ]


def unpack(folder: Path, parcels: Iterable[Parcel]) -> None:
    """Writes parcels of whole files into an attempt's folder."""
    for parcel in parcels:
        path = folder / portable(parcel.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(parcel.content)
        os.utime(path, ns=(parcel.modified - OLDER, parcel.modified - OLDER))


def receive(parcel: Parcel) -> None:
    """Writes a parcel to its path: a whole file, or what was appended to one. Raises LayerhintError if that fails."""
    path = Path(portable(parcel.path))
    if not parcel.start:
        write_bytes(path, parcel.content)
        return
    with naming(path), path.open("r+b") as file:
        file.seek(parcel.start)
        file.write(parcel.content)
        file.truncate()


class FolderWatcher:
    """Finds what is new in an attempt's folder: in logs as they grow, in other files once they are complete."""

    def __init__(self, folder: Path, hidden: Collection[str]) -> None:
        self._folder = folder
        self._hidden = hidden
        self._known: dict[str, Stamp] = dict(self._files())

    def look(self, last: bool) -> tuple[tuple[Parcel, ...], tuple[str, ...]]:
        """Returns new and changed files, and the paths of deleted ones; `last` says that nothing writes there any more.

        Records come last, and a solverstate after its caffemodel, so that no file arrives before one that it names.
        """
        now = dict(self._files())
        gone = tuple(path for path in self._known if path not in now)
        changed = [path for path, stamp in now.items() if self._known.get(path) != stamp]
        ready = [path for path in changed if last or _is_log(path) or _has_settled(now[path])]
        parcels = tuple(self._parcel(path, now[path]) for path in sorted(ready, key=_rank))
        for path in gone:
            del self._known[path]
        self._known |= {path: now[path] for path in ready}
        return parcels, gone

    def _parcel(self, path: str, stamp: Stamp) -> Parcel:
        _, size = stamp
        before = self._known.get(path, (0, 0))[1] if _is_log(path) else 0
        start = before if before <= size else 0
        with (self._folder / path).open("rb") as file:
            file.seek(start)
            content = file.read(size - start)
        return Parcel(path, content, start)

    def _files(self) -> Iterator[tuple[str, Stamp]]:
        for folder, names, files in os.walk(self._folder):
            here = Path(folder)
            names[:] = [name for name in names if name not in self._hidden and not (here / name).is_symlink()]
            for name in files:
                path = here / name
                if name.endswith(".tmp") or path.is_symlink():
                    continue
                try:
                    status = path.stat()
                except FileNotFoundError:  # Renamed or removed since the folder was listed.
                    continue
                yield path.relative_to(self._folder).as_posix(), (status.st_mtime_ns, status.st_size)


def _is_log(path: str) -> bool:
    return path.endswith(".log")


def _has_settled(stamp: Stamp) -> bool:
    return time.time_ns() - stamp[0] > SETTLED_SECONDS * 10**9


def _rank(path: str) -> tuple[bool, bool, str]:
    return path.endswith(".json"), path.endswith(".solverstate"), path
