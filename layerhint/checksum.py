"""The checksum that identifies a file."""

import hashlib
from pathlib import Path


def sha256(path: Path) -> str:
    """A file's SHA-256, as 64 hex digits. Raises OSError."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
