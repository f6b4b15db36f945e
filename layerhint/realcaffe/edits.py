"""Edits to a source tree: exact texts replaced an exact number of times, or a loud failure.

A patch that no longer fits would otherwise leave a Caffe that builds and computes something else.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from layerhint.errors import LayerhintError


class EditError(LayerhintError):
    """The source tree is not the one that the edits were written for."""


@dataclass(frozen=True)
class Edit:
    """Replaces `find` by `replace` in `path` (relative to the tree); it must occur exactly `count` times."""

    path: str
    find: str
    replace: str
    reason: str
    count: int = 1

    def apply(self, tree: Path) -> None:
        """Rewrites the file.

        Raises:
            EditError: the file is missing, or `find` occurs another number of times.
        """
        file = tree / self.path
        if not file.is_file():
            raise EditError(f"edit of {self.path}: the file is not in the source tree; {_REMEDY}")
        text = file.read_text(encoding="utf-8")
        found = text.count(self.find)
        if found != self.count:
            raise EditError(
                f"edit of {self.path}: the text {self.find.strip().splitlines()[0]!r} was found {found} "
                f"times, expected {self.count}; {_REMEDY}"
            )
        file.write_text(text.replace(self.find, self.replace), encoding="utf-8")

    def describe(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(frozen=True)
class Removal:
    """Deletes the file `path` (relative to the tree), which must be there."""

    path: str
    reason: str

    def apply(self, tree: Path) -> None:
        """Deletes the file.

        Raises:
            EditError: the file is missing.
        """
        file = tree / self.path
        if not file.is_file():
            raise EditError(f"removal of {self.path}: the file is not in the source tree; {_REMEDY}")
        file.unlink()

    def describe(self) -> str:
        return f"{self.path} removed: {self.reason}"


_REMEDY = "use the source distribution that layerhint/realcaffe/recipe.py names, unedited"


def apply_all(changes: Iterable[Edit | Removal], tree: Path) -> None:
    """Applies the changes in order; the first that does not fit stops all (EditError)."""
    for change in changes:
        change.apply(tree)
