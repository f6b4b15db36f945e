"""The messages between the driver and a machine of the cluster."""

from dataclasses import dataclass
from typing import Literal

from layerhint.steps.sendable_step import SendableStep
from layerhint.steps.step import Context

Verdict = Literal["running", "done", "stopped", "diverged", "refused", "died"]


@dataclass(frozen=True)
class Parcel:
    """A file, or what was appended to it from byte `start` on. `path` is relative to the folder it is written to."""

    path: str
    content: bytes
    start: int = 0
    modified: int = 0


@dataclass(frozen=True)
class Greeting:
    """A worker's first answer: the machine's name, the device for the step, the fingerprint of its copy of this
    program, and whether it has the data set."""

    host: str
    device: str
    code: str
    has_data: bool


@dataclass(frozen=True)
class Order:
    """A step to be done, and its context, whose paths are relative to the attempt's folder.

    `data` is the data set's folder as the step names it, `content` the fingerprint of the data set.
    """

    step: SendableStep
    context: Context
    data: str
    content: str


@dataclass(frozen=True)
class News:
    """The state of an attempt: its verdict with the cause, new and changed files, deleted files, what it printed."""

    verdict: Verdict
    cause: str
    parcels: tuple[Parcel, ...]
    gone: tuple[str, ...]
    printed: str
