"""What PyTorch has to build and train: a net of `generated/` as a few numbers."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

Pair = tuple[str, str]


@dataclass(frozen=True)
class SoftTargets:
    """lambda CE(softmax(p_t / tau), softmax(p_s / tau)) beside the true labels."""

    temperature: float
    weight: float


@dataclass(frozen=True)
class Recipe:
    """A training.

    `student` and `teacher` are depths; `pairs` are (guided blob, hint blob), each with the loss `pair_weight` / (2N)
    times the sum of squares. Without `pairs` it learns the labels, and the teacher's `soft` targets if there are any.
    `crop` is the size of the images that it sees.
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

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> "Recipe":
        """What `write` wrote."""
        values = json.loads(path.read_text(encoding="utf-8"))
        soft = SoftTargets(**values["soft"]) if values["soft"] else None
        pairs = tuple((guided, hint) for guided, hint in values["pairs"])
        return cls(**{**values, "soft": soft, "pairs": pairs})
