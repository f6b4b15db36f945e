"""What is fuzzed: a reader of one kind of foreign file."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from layerhint.errors import LayerhintError
from torchcaffe.errors import CaffeError

MAX_BYTES = 1 << 16
"""No input is longer: what is kept in the repository stays small."""


class Reader(ABC):
    """A kind of file, given as its bytes.

    `read` takes any bytes and may do two things: return, or raise an error of the project's own (`CaffeError`,
    `LayerhintError`). Anything else is a finding. `seeds` are whole, valid files to begin with; `words` are strings
    that its format gives a meaning. `scratch` is a folder of the reader's own.
    """

    text: ClassVar[bool] = False
    """Whether its files are text, whose lines and numbers are changed as such."""

    def __init__(self, scratch: Path) -> None:
        self.scratch = scratch

    @abstractmethod
    def seeds(self) -> Iterable[bytes]: ...

    @abstractmethod
    def read(self, data: bytes) -> None: ...

    def words(self) -> Iterable[str]:
        return ()

    def file(self, data: bytes, name: str) -> Path:
        """A file of the scratch folder that holds these bytes."""
        path = self.scratch / name
        path.write_bytes(data)
        return path


OWN_ERRORS = (CaffeError, LayerhintError)
"""What a reader may raise."""
