"""Inputs that once were findings: kept in the repository, and read again by `tests/fuzz`."""

import hashlib
from pathlib import Path

from fuzz.reader import MAX_BYTES

KEPT = Path(__file__).parents[1] / "tests" / "fuzz" / "corpus"


def kept(reader: str, root: Path = KEPT) -> list[Path]:
    """The kept inputs of a reader."""
    return sorted(path for path in (root / reader).glob("*") if path.is_file())


def keep(reader: str, data: bytes, root: Path = KEPT) -> Path:
    """Writes an input to a file named by its hash; returns the path. Raises ValueError if the input is too long."""
    if len(data) > MAX_BYTES:
        raise ValueError(f"an input of {len(data)} bytes: at most {MAX_BYTES} are kept")
    path = root / reader / hashlib.sha256(data).hexdigest()[:16]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path
