"""What the record of a data set says."""

from typing import ClassVar

from layerhint.records.finished import Result


class MakeDataResult(Result):
    """How many images there are, the seed of their order, and the fingerprint of what LMDBs and means hold."""

    kind: ClassVar[str] = "make data"

    dataset: str
    folder: str
    train: int
    test: int
    seed: int
    content: str
