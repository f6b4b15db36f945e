"""The interface of what is fuzzed: a reader of one kind of file."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from layerhint.errors import LayerhintError
from torchcaffe.errors import CaffeError

MAX_BYTES = 1 << 16
"""The longest input, so that the files kept in the repository stay small."""


class Reader(ABC):
    """A kind of file, given as its bytes.

    `read` takes any bytes and may do two things: return, or raise an error of the project's own (`CaffeError`,
    `LayerhintError`). Anything else is a finding. `seeds` are valid files to start from; `words` are strings that mean
    something in the format. `scratch` is a folder for the reader's own files.
    """

    text: ClassVar[bool] = False
    """Whether the format is text, so that whole lines, words and numbers are changed."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch

    @abstractmethod
    def seeds(self) -> Iterable[bytes]: ...

    @abstractmethod
    def read(self, data: bytes) -> None: ...

    def words(self) -> Iterable[str]:
        return ()

    def file(self, data: bytes, name: str) -> Path:
        """Writes the bytes to a file in the scratch folder; returns its path."""
        path = self.scratch / name
        path.write_bytes(data)
        return path


OWN_ERRORS = (CaffeError, LayerhintError)
"""What a reader may raise."""
