"""What the records of the steps say that have little to tell."""

from typing import ClassVar

from layerhint.records.finished import Result


class MakeDataResult(Result):
    """Of a data set: how many images, the seed of their order, the fingerprint of what LMDBs and means hold."""

    kind: ClassVar[str] = "make data"

    dataset: str
    folder: str
    train: int
    test: int
    seed: int
    content: str


class CopyWeightsResult(Result):
    """Of a surgery: who did it."""

    kind: ClassVar[str] = "copy weights"

    engine: dict[str, str]


class CheckTeacherResult(Result):
    """Of a teacher that its owner has trained: its outputs on the test images."""

    kind: ClassVar[str] = "check teacher"

    dataset: str
    engine: dict[str, str]
    final: dict[str, float]


class AveragePredictionsResult(Result):
    """Of several nets together: the accuracy of the mean of the nets' probabilities, and that of each net."""

    kind: ClassVar[str] = "average predictions"

    nets: tuple[str, ...]
    accuracy: float
    singles: tuple[float, ...]


class WriteReportResult(Result):
    """Of a report: nothing, as its inputs are the records that it shows."""

    kind: ClassVar[str] = "write report"
