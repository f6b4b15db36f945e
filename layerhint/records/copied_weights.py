"""What the record of a surgery says."""

from typing import ClassVar

from layerhint.records.finished import Result


class CopyWeightsResult(Result):
    """Who did it."""

    kind: ClassVar[str] = "copy weights"

    engine: dict[str, str]
