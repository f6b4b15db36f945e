"""What a record says of where it came from: the source's commit, the packages, the machine."""

import os
import platform
import subprocess
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from layerhint.machine import cores, cpu_name
from layerhint.paths import ROOT

PACKAGES = ("torch", "numpy", "protobuf", "lmdb", "h5py", "pillow", "jinja2", "pydantic", "pyyaml")
"""Those that can change a result, or a file that is made."""

_MAKERS = ("layerhint", "torchcaffe", "templates", "experiments")


@cache
def provenance() -> Mapping[str, Any]:
    """The part of a record that is the same for every step of this process, as JSON values."""
    return {
        "source": {"version": _version("layerhint"), **_commit()},
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := _version(name)) is not None},
        "machine": {"system": platform.system(), "cpu": cpu_name(), "cores": cores()},
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _commit() -> dict[str, Any]:
    """The commit that is checked out, and whether what makes results differs from it; None outside a git repository."""
    head = _git("rev-parse", "HEAD")
    if head is None:
        return {"commit": None, "changed": None}
    changes = _git("status", "--porcelain", "--untracked-files=no", "--", *_MAKERS)
    return {"commit": head, "changed": bool(changes) if changes is not None else None}


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(ROOT), *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
