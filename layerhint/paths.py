"""Where the repository keeps what people read and edit: experiments and templates."""

import os
from pathlib import Path

from layerhint.errors import LayerhintError

ROOT = Path(__file__).resolve().parent.parent


def repository_folder(name: str) -> Path:
    """The repository's folder of that name, such as `experiments` or `templates`.

    Raises LayerhintError where the package was installed without its repository.
    """
    folder = ROOT / name
    if not folder.is_dir():
        raise LayerhintError(
            f"{folder} is not there: layerhint reads {name}/ from its repository; "
            "clone the repository and install it with `pip install -e .`"
        )
    return folder


def absolute(path: Path) -> Path:
    """An absolute path without `..`. Links are not followed: one may lead to a larger disk."""
    return Path(os.path.normpath(path.absolute()))


def seen_from_root(path: Path) -> str:
    """A path as the generated files spell it: relative to the repository's root (Caffe starts there) if below it."""
    whole = path.resolve()
    return (whole.relative_to(ROOT) if whole.is_relative_to(ROOT) else whole).as_posix()
