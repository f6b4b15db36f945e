"""What the record of several nets together says."""

from typing import ClassVar

from layerhint.records.finished import Result


class AveragePredictionsResult(Result):
    """The accuracy of the mean of the nets' probabilities, and that of each net."""

    kind: ClassVar[str] = "average predictions"

    nets: tuple[str, ...]
    accuracy: float
    singles: tuple[float, ...]
