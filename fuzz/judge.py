"""Decides whether an input is a finding."""

import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path

from fuzz.limits import MEMORY_BYTES, SECONDS, TookTooLongError, limited
from fuzz.reader import OWN_ERRORS, Reader

_ROOT = Path(__file__).parents[1]
_OURS = ("torchcaffe", "layerhint")


@dataclass(frozen=True)
class Finding:
    """What went wrong, and where in the project: inputs of one `kind` and `place` are one finding."""

    kind: str
    place: str
    detail: str

    def __str__(self) -> str:
        return f"{self.kind} at {self.place}: {self.detail}"


def judge(reader: Reader, data: bytes, seconds: float = SECONDS, memory: int = MEMORY_BYTES) -> Finding | None:
    """Has the reader read `data` within the limits. None if it returns or raises a clear error of the project's own."""
    try:
        with limited(seconds, memory), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            reader.read(data)
    except OWN_ERRORS as error:
        return _unclear(error)
    except KeyboardInterrupt:
        raise
    except TookTooLongError as error:
        return Finding("hang", _place(error), f"more than {seconds:g} s")
    except BaseException as error:
        kind = "memory" if _out_of_memory(error) else type(error).__name__
        return Finding(kind, _place(error), " ".join(str(error).split())[:200])
    return None


def _unclear(error: Exception) -> Finding | None:
    """A finding if the message of an error of the project's own is empty or a page long."""
    message = str(error)
    if message.strip() and len(message) < 5000:
        return None
    return Finding("message", _place(error), f"{len(message)} characters: {message[:80]!r}")


def _out_of_memory(error: BaseException) -> bool:
    return isinstance(error, MemoryError) or "can't allocate memory" in str(error)


def _place(error: BaseException) -> str:
    """The innermost line of the project that the error went through."""
    frames = [
        f"{path.relative_to(_ROOT)}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if (path := Path(frame.filename)).is_relative_to(_ROOT) and path.relative_to(_ROOT).parts[0] in _OURS
    ]
    return frames[-1] if frames else "outside of the project"
