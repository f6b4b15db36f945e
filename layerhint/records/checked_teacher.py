"""What the record of a teacher that its owner has trained says."""

from typing import ClassVar

from layerhint.records.finished import Result


class CheckTeacherResult(Result):
    """Its outputs on the test images."""

    kind: ClassVar[str] = "check teacher"

    dataset: str
    engine: dict[str, str]
    final: dict[str, float]
