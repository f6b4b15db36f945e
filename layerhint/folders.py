"""Folders that a run writes into."""

from pathlib import Path

from layerhint.errors import LayerhintError


def make_folder(path: Path, remedy: str = "Choose another place") -> None:
    """Makes a folder and those above it; `LayerhintError` if that cannot be, with what to do as `remedy` has it."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LayerhintError(f"cannot make the folder {path}: {error.strerror}. {remedy}") from None
