"""What a record says of where it came from: the source's commit, the packages, the machine."""

import os
import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from layerhint.machine import cores, cpu_name
from layerhint.paths import ROOT
from layerhint.records.recorded import Recorded

PACKAGES = ("torch", "numpy", "protobuf", "lmdb", "h5py", "pillow", "jinja2", "pydantic", "pyyaml")
"""The packages that can change a result, or a file that is made."""

_MAKERS = ("layerhint", "torchcaffe", "templates", "experiments")


class Source(Recorded):
    """This program: the commit that is checked out, and whether what makes results differs from it.

    Both are None outside a git repository.
    """

    version: str | None
    commit: str | None
    changed: bool | None


class Machine(Recorded):
    """Where a step was done."""

    system: str
    cpu: str
    cores: int


class Provenance(Recorded):
    """What made a step's outputs, except the engine."""

    source: Source
    python: str
    packages: dict[str, str]
    machine: Machine


@cache
def provenance() -> Provenance:
    """The part of a record that is the same for every step of this process."""
    return Provenance(
        source=_source(),
        python=platform.python_version(),
        packages={name: found for name in PACKAGES if (found := _version(name)) is not None},
        machine=Machine(system=platform.system(), cpu=cpu_name(), cores=cores()),
    )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _source() -> Source:
    own = _version("layerhint")
    head = _git("rev-parse", "HEAD")
    if head is None:
        return Source(version=own, commit=None, changed=None)
    changes = _git("status", "--porcelain", "--untracked-files=no", "--", *_MAKERS)
    return Source(version=own, commit=head, changed=bool(changes) if changes is not None else None)


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
