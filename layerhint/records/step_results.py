"""The results of the steps that have only a few fields."""

from typing import ClassVar

from layerhint.records.finished import Result


class MakeDataResult(Result):
    """A data set was made: its numbers of images, the seed of their order, the fingerprint of its LMDBs and means."""

    kind: ClassVar[str] = "make data"

    dataset: str
    folder: str
    train: int
    test: int
    seed: int
    content: str


class CopyWeightsResult(Result):
    """Initial weights were put together, by this engine."""

    kind: ClassVar[str] = "copy weights"

    engine: dict[str, str]


class CheckTeacherResult(Result):
    """A user's own teacher was tested: its outputs on the test images."""

    kind: ClassVar[str] = "check teacher"

    dataset: str
    engine: dict[str, str]
    final: dict[str, float]


class AveragePredictionsResult(Result):
    """Several nets were tested together: the accuracy of the mean of their probabilities, and that of each net."""

    kind: ClassVar[str] = "average predictions"

    nets: tuple[str, ...]
    accuracy: float
    singles: tuple[float, ...]


class WriteReportResult(Result):
    """A report was written. It has no fields, as its inputs are the records that it shows."""

    kind: ClassVar[str] = "write report"
