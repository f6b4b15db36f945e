"""What PyTorch has to build and train: a net of `generated/` as a few numbers."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

Pair = tuple[str, str]
Filters = tuple[int, int, int]
FILTERS: Filters = (16, 32, 64)
"""The widths of the three stages of the paper's nets, unless it says otherwise."""


@dataclass(frozen=True)
class SoftTargets:
    """lambda CE(softmax(p_t / tau), softmax(p_s / tau)) beside the true labels."""

    temperature: float
    weight: float


@dataclass(frozen=True)
class Regressor:
    """A convolution from the `guided` blob to `channels`, without bias; its top is as large as its bottom."""

    name: str
    guided: str
    channels: int
    kernel: int


@dataclass(frozen=True)
class Recipe:
    """A training.

    `student` and `teacher` are depths, `student_filters` and `teacher_filters` the widths of their stages; `pairs` are
    (guided blob, hint blob), each with the loss `pair_weight` / (2N) times the sum of squares, and with one of the
    `regressors` between the two where the hint is wider. Without `pairs` it learns the labels, and the teacher's `soft`
    targets if there are any. `crop` is the size of the images that it sees.
    """

    student: int
    teacher: int | None
    pairs: tuple[Pair, ...]
    pair_weight: float
    soft: SoftTargets | None
    channels: int
    classes: int
    batch: int
    crop: int
    mirror: bool
    lr: float
    momentum: float
    weight_decay: float
    student_filters: Filters = FILTERS
    teacher_filters: Filters = FILTERS
    regressors: tuple[Regressor, ...] = ()

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "Recipe":
        """Reads a file that `write` wrote."""
        values = json.loads(path.read_text(encoding="utf-8"))
        soft = SoftTargets(**values["soft"]) if values["soft"] else None
        pairs = tuple((guided, hint) for guided, hint in values["pairs"])
        regressors = tuple(Regressor(**regressor) for regressor in values["regressors"])
        filters = {key: tuple(values[key]) for key in ("student_filters", "teacher_filters")}
        return cls(**{**values, "soft": soft, "pairs": pairs, "regressors": regressors, **filters})
