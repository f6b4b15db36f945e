"""The results of a training, and of a teacher that was given instead of trained, as records have them."""

from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import Field

from layerhint.records.curves import Curves
from layerhint.records.finished import Result
from layerhint.records.recorded import Recorded

BY_HAND = {"name": "by hand"}
"""The `engine` of what was made by hand."""


@dataclass(frozen=True)
class Setting:
    """The part of a training's record about its experiment; `data` is "full" or "sample"."""

    profile: str
    scale: float
    overrides: dict[str, Any]
    data: str


class TrainingIdentity(Recorded):
    """The training of a record; `net` is the number of a student among several."""

    dataset: str
    method: str
    stage: int
    net: int | None
    name: str
    folder: str
    title: str
    max_iter: int
    seed: int
    init_seed: int | None
    batch_size: int

    @property
    def id(self) -> str:
        return f"{self.folder}/{self.name}"


class Lockstep(Recorded):
    """The trainings that ran in the same process, and this one's share of the time, by its work."""

    others: tuple[str, ...] = Field(validation_alias="with", serialization_alias="with")
    share: float


class FrozenProof(Recorded):
    """Whether the frozen layers equal those of the `teacher`, a caffemodel, bit for bit; None if none is frozen.

    `layers` and `blobs` say how many were compared, `batch_norm_layers` how many layers have the three blobs of a
    BatchNorm; `sha256` is over all blobs.
    """

    teacher: str | None
    layers: int = 0
    batch_norm_layers: int = 0
    blobs: int = 0
    sha256: str = ""
    identical: bool = False


NOTHING_FROZEN = FrozenProof(teacher=None)


class TrainingResult(Result):
    """A final caffemodel, how it came about, and how it does.

    `profile`, `scale`, `overrides` and `data` are a `Setting`'s. `made_by` is "driver" or "hand", or says what was
    taken. `iterations_run` are those of the timed stints, the last ones of a resumed training. `final` has the final
    model's test outputs, None for a net without a test. `frozen` is the proof that its teacher did not move, or None.
    """

    training: TrainingIdentity
    profile: str
    scale: float
    overrides: dict[str, Any]
    data: str
    engine: dict[str, str]
    device: str | None
    precision: str
    threads: int | None
    made_by: str
    finished: str
    iterations_run: int
    iterations_per_second: float | None
    lockstep: Lockstep | None = None
    resumed_from: str | None
    curves: Curves
    final: dict[str, float] | None
    frozen: FrozenProof | None

    is_taken: ClassVar[bool] = False
    """Whether its caffemodel was given, so that nothing is known of its training."""

    @property
    def holds_frozen(self) -> bool:
        """Whether a teacher, or an earlier step's weights, must not move in it."""
        return self.frozen is None or self.frozen.teacher is not None

    @property
    def unmoved(self) -> bool:
        """Whether it is proved that the teacher is bit for bit what it was."""
        return self.frozen is not None and self.frozen.identical


class TrainResult(TrainingResult):
    """The result of a training."""

    kind: ClassVar[str] = "train"


class TakeTeacherResult(TrainingResult):
    """The result of a teacher whose caffemodel was given instead of trained."""

    kind: ClassVar[str] = "take teacher"
    is_taken: ClassVar[bool] = True
