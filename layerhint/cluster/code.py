"""Whether two machines have the same program."""

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import layerhint
import torchcaffe


@cache
def code_fingerprint() -> str:
    """SHA-256 of layerhint and torchcaffe, wherever they lie."""
    return fingerprint_of(Path(package.__file__ or "").parent for package in (layerhint, torchcaffe))


def fingerprint_of(packages: Iterable[Path]) -> str:
    """SHA-256 of every file of some packages: kernels, templates and protos decide results as Python does.

    What Python makes of its sources (`__pycache__`) is not counted.
    """
    digest = hashlib.sha256()
    for root in packages:
        for path in sorted(root.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(path.relative_to(root).as_posix().encode() + b"\0")
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
