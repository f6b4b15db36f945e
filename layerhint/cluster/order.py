"""What goes to a machine of the cluster, and what comes back from it."""

from dataclasses import dataclass
from typing import Literal

from layerhint.steps.sendable_step import SendableStep
from layerhint.steps.step import Context

Verdict = Literal["running", "done", "stopped", "diverged", "refused", "died"]


@dataclass(frozen=True)
class Parcel:
    """A file, or what was appended to it from byte `start` on. `path` counts from the folder that it is laid into."""

    path: str
    content: bytes
    start: int = 0
    modified: int = 0


@dataclass(frozen=True)
class Greeting:
    """What a machine says of itself: its name, the device for the step, the fingerprint of its copy of this program,
    and whether it has the data set."""

    host: str
    device: str
    code: str
    has_data: bool


@dataclass(frozen=True)
class Order:
    """A step to be done with a context, whose paths count from the folder of the attempt.

    `data` is the data set's folder as the step names it, `content` what it holds.
    """

    step: SendableStep
    context: Context
    data: str
    content: str


@dataclass(frozen=True)
class News:
    """How an attempt stands: its verdict with the cause, new and changed files, deleted files, what it printed."""

    verdict: Verdict
    cause: str
    parcels: tuple[Parcel, ...]
    gone: tuple[str, ...]
    printed: str
