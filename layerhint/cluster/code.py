"""A fingerprint of this program, which tells whether two machines have the same version."""

import hashlib
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import layerhint
import torchcaffe

_LEFT_BESIDE = re.compile(r"(^|/)(__pycache__/|\.)|(~|\.orig|\.rej|\.tmp)$")


@cache
def code_fingerprint() -> str:
    """SHA-256 of the packages layerhint and torchcaffe, wherever they are installed."""
    return fingerprint_of(Path(package.__file__ or "").parent for package in (layerhint, torchcaffe))


def fingerprint_of(packages: Iterable[Path]) -> str:
    """SHA-256 of all files of some packages: kernels, templates and protos affect results as much as Python does.

    Compiled Python files, and what editors and merges leave behind, do not count.
    """
    digest = hashlib.sha256()
    for root in packages:
        for path in sorted(root.rglob("*")):
            if path.is_file() and not _LEFT_BESIDE.search(path.relative_to(root).as_posix()):
                digest.update(path.relative_to(root).as_posix().encode() + b"\0")
                digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
