"""Checksums of files: MD5, which is what the publishers give, and SHA-256 for this project's records."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from layerhint.datasets.progress import ProgressReport, silent

_CHUNK = 1 << 22


@dataclass(frozen=True)
class Digests:
    """Hexadecimal checksums of one file or byte string."""

    md5: str
    sha256: str


def digests(content: bytes) -> Digests:
    """Both checksums of a byte string."""
    md5 = hashlib.md5(content, usedforsecurity=False)
    return Digests(md5.hexdigest(), hashlib.sha256(content).hexdigest())


def file_digests(path: Path, progress: ProgressReport = silent) -> Digests:
    """Both checksums of a file, read once; raises OSError."""
    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    total, done = path.stat().st_size, 0
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            md5.update(chunk)
            sha256.update(chunk)
            done += len(chunk)
            progress(f"check {path.name}", done, total, "bytes")
    return Digests(md5.hexdigest(), sha256.hexdigest())
