"""Downloads a publisher's file: resumable, checked, and under its name only when it is whole."""

import http.client
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from layerhint.datasets.checksums import file_digests
from layerhint.datasets.progress import ProgressReport, silent
from layerhint.datasets.publishers.descriptor import Archive
from layerhint.errors import LayerhintError
from torchcaffe.files import put_in_place

_CHUNK = 1 << 18
_TIMEOUT_SECONDS = 30
_MAX_RECONNECTIONS = 20


class _ServerError(Exception):
    """This server cannot give the file; another one might."""


def download(archive: Archive, folder: Path, progress: ProgressReport = silent) -> Path:
    """`folder/<archive.name>`, fetched from the first of `archive.urls` that gives the right bytes.

    The bytes gather in `<name>.part`, from which an interrupted download continues the next time.
    Raises LayerhintError where no server gives the file, OSError where `folder` cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{archive.name}.part"
    failures = []
    for url in archive.urls:
        try:
            resumed = part.exists()
            _fetch_and_check(url, part, archive, progress)
        except _ServerError as error:
            failures.append(f"{url}: {error}")
            if not resumed or part.exists():
                continue
            # What was resumed may have been damaged before: the same server gets one whole try.
            try:
                _fetch_and_check(url, part, archive, progress)
            except _ServerError as second:
                failures.append(f"{url}, from the start: {second}")
                continue
        put_in_place(part, folder / archive.name)
        return folder / archive.name
    raise LayerhintError(
        f"cannot download {archive.name} ({'; '.join(failures) or 'no server is known'}); "
        f"put the file into {folder} by hand, or name the folder that holds it with --source"
    )


def _fetch_and_check(url: str, part: Path, archive: Archive, progress: ProgressReport) -> None:
    _fetch(url, part, archive, progress)
    got = file_digests(part, progress).md5
    if got != archive.md5:
        part.unlink()
        raise _ServerError(f"the MD5 of what came is {got}, expected {archive.md5}")


def _fetch(url: str, part: Path, archive: Archive, progress: ProgressReport) -> None:
    """Fill `part` up to the archive's size, reconnecting as long as each connection brings something."""
    for _ in range(_MAX_RECONNECTIONS):
        before = _size(part)
        if before == archive.size:
            return
        try:
            _append(url, part, archive, progress)
        except (http.client.HTTPException, ConnectionError) as error:
            if _size(part) <= before:
                raise _ServerError(str(error)) from error
        if _size(part) <= before:
            break
    if _size(part) < archive.size:
        raise _ServerError(f"the connection ended after {_size(part):,} of {archive.size:,} bytes")


def _append(url: str, part: Path, archive: Archive, progress: ProgressReport) -> None:
    start = _size(part)
    if start > archive.size:
        part.unlink()
        start = 0
    headers = {"User-Agent": "layerhint"}
    if start:
        headers["Range"] = f"bytes={start}-"
    request = urllib.request.Request(url, headers=headers)
    with _network():
        response = urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS)
    with response:
        if start and not _resumes(response, start):
            start = 0
        task = f"download {archive.name} from {urlsplit(url).hostname}"
        with part.open("ab" if start else "wb") as stream:
            done = start
            for chunk in _chunks(response):
                done += len(chunk)
                if done > archive.size:
                    _give_up(part, stream, archive)
                stream.write(chunk)
                progress(task, done, archive.size, "bytes")


def _chunks(response: http.client.HTTPResponse) -> Iterator[bytes]:
    while True:
        with _network():
            chunk = response.read(_CHUNK)
        if not chunk:
            return
        yield chunk


@contextmanager
def _network() -> Iterator[None]:
    """Turns any network error, such as a lost route, into a ConnectionError: all other OSErrors are the disk's."""
    try:
        yield
    except OSError as error:
        raise ConnectionError(str(getattr(error, "reason", None) or error)) from error


def _resumes(response: http.client.HTTPResponse, start: int) -> bool:
    """Whether the server's answer continues at `start`; many send the whole file."""
    return response.status == 206 and str(response.headers["Content-Range"]).startswith(f"bytes {start}-")


def _give_up(part: Path, stream: BinaryIO, archive: Archive) -> None:
    stream.close()
    part.unlink()
    raise _ServerError(f"the server sends more than the expected {archive.size:,} bytes")


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
