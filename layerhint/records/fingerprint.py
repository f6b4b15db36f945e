"""Fingerprints of contents, by which a step sees that one of its inputs has changed."""

import hashlib
from functools import lru_cache
from pathlib import Path

from layerhint.checksum import sha256
from layerhint.errors import LayerhintError

MISSING = "missing"


def of_file(path: Path) -> str:
    """SHA-256 of a file, or `missing`. Raises LayerhintError for one that cannot be read."""
    try:
        status = path.stat()
    except OSError:
        return MISSING
    return _of_content(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=4096)
def _of_content(path: Path, _mtime: int, _size: int) -> str:
    try:
        return sha256(path)
    except OSError as error:
        raise LayerhintError(f"cannot read {path}: {error.strerror}") from None


def of_text(text: str) -> str:
    """SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def of_prototxt(text: str) -> str:
    """SHA-256 of a prototxt without its comments and layout."""
    lines = (_without_comment(line).split() for line in text.splitlines())
    return of_text(" ".join(word for line in lines for word in line))


def _without_comment(line: str) -> str:
    quoted = False
    for i, character in enumerate(line):
        if character == '"':
            quoted = not quoted
        elif character == "#" and not quoted:
            return line[:i]
    return line
