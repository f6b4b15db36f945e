"""Finds and reads a data set's files, whether packed as published or unpacked by hand."""

from dataclasses import dataclass
from pathlib import Path

from layerhint.datasets.checksums import digests, file_digests
from layerhint.datasets.manifest import SourceRecord
from layerhint.datasets.progress import ProgressReport, silent
from layerhint.datasets.publishers.archives import read_archive
from layerhint.datasets.publishers.descriptor import Archive, DatasetDescriptor, PublisherFile
from layerhint.datasets.publishers.places import Places
from layerhint.errors import LayerhintError


@dataclass(frozen=True)
class Found:
    """An archive at `paths[0]` where `packed`, otherwise the paths of its unpacked members, in order."""

    archive: Archive
    packed: bool
    paths: tuple[Path, ...]


def find_source(descriptor: DatasetDescriptor, root: Path) -> tuple[list[Found], list[Archive]]:
    """The data set's files that were found under `root`, and the archives that are missing.

    Looks in the data set's own folder `root/<data set>`, in `root`, and in the publisher's folder under both (see
    `Places`); an archive is preferred to unpacked files.
    """
    places = Places(descriptor, root)
    found, missing = [], []
    for archive in descriptor.archives:
        here = _find(archive, places)
        if here is None:
            missing.append(archive)
        else:
            found.append(here)
    return found, missing


def _find(archive: Archive, places: Places) -> Found | None:
    for folder in places.folders:
        if places.holds(folder, archive):
            return Found(archive, True, (folder / archive.name,))
    for folder in places.folders:
        if all(places.holds(folder, member) for member in archive.members):
            return Found(archive, False, tuple(folder / member.name for member in archive.members))
    return None


def missing_message(descriptor: DatasetDescriptor, root: Path, missing: list[Archive]) -> str:
    """Says which files are missing under `root`, in which form each is accepted, and what has only their names."""
    if not root.is_dir():
        state = "not a folder" if root.exists() else "absent"
        return f"{root} is {state}: name the folder that holds {descriptor.facts.title}'s files"
    places = Places(descriptor, root)
    names = ", ".join(name for archive in missing for name in _missing_names(archive, places))
    message = f"{descriptor.facts.title} is not complete in {root}: missing {names} (packed as published, or unpacked)"
    return "; ".join([message, *passed_over(descriptor, root, missing)])


def passed_over(descriptor: DatasetDescriptor, root: Path, missing: list[Archive]) -> list[str]:
    """For each file under `root` that has only the name of one that is missing: why it was not taken."""
    places = Places(descriptor, root)
    return [why for archive in missing for file in archive.forms for why in places.passed_over(file)]


def _missing_names(archive: Archive, places: Places) -> list[str]:
    """The archive's name or, if some of its members are there, the names of the others."""
    absent = [m.name for m in archive.members if not any(places.holds(folder, m) for folder in places.folders)]
    return absent if 0 < len(absent) < len(archive.members) else [archive.name]


def read_source(
    found: list[Found], progress: ProgressReport = silent
) -> tuple[dict[str, bytes], tuple[SourceRecord, ...]]:
    """The content of every publisher's file, by name, and the record of what was read.

    An archive must have the publisher's size and MD5. An unpacked file must have the right size; one with
    another checksum is taken and its record says `verified` False.
    Raises LayerhintError for an archive or a file that is not the expected one or cannot be read.
    """
    contents: dict[str, bytes] = {}
    records: list[SourceRecord] = []
    for item in found:
        try:
            if item.packed:
                records.append(check_archive(item.paths[0], item.archive, progress))
                contents.update(read_archive(item.paths[0], item.archive, progress))
            else:
                for path, member in zip(item.paths, item.archive.members, strict=True):
                    contents[member.name], record = _read_unpacked(path, member)
                    records.append(record)
        except OSError as error:
            path = error.filename or item.paths[0]
            raise LayerhintError(f"cannot read {path}: {error.strerror}") from error
    return contents, tuple(records)


def check_archive(path: Path, archive: Archive, progress: ProgressReport = silent) -> SourceRecord:
    """The record of an archive whose size and MD5 are right; raises LayerhintError where they are not."""
    status = path.stat()
    remedy = "delete it and run again to download it anew, or put a whole copy there"
    if status.st_size < archive.size:
        raise LayerhintError(f"{path} is truncated: {status.st_size:,} bytes, expected {archive.size:,}; {remedy}")
    if status.st_size > archive.size:
        raise LayerhintError(
            f"{path} is not the published file: {status.st_size:,} bytes, expected {archive.size:,}; {remedy}"
        )
    got = file_digests(path, progress)
    if got.md5 != archive.md5:
        raise LayerhintError(f"{path} is damaged: its MD5 is {got.md5}, expected {archive.md5}; {remedy}")
    return SourceRecord(
        name=path.name, size=status.st_size, mtime_ns=status.st_mtime_ns, sha256=got.sha256, verified=True
    )


def _read_unpacked(path: Path, member: PublisherFile) -> tuple[bytes, SourceRecord]:
    status = path.stat()
    if status.st_size != member.size:
        state = "is truncated" if status.st_size < member.size else "is not the published file"
        raise LayerhintError(
            f"{path} {state}: {status.st_size:,} bytes, expected {member.size:,}; unpack it again from its archive"
        )
    content = path.read_bytes()
    got = digests(content)
    return content, SourceRecord(
        name=path.name,
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        sha256=got.sha256,
        verified=got.md5 == member.md5,
    )
