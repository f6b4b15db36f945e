"""The record of a data set's sample images."""

from typing import ClassVar

from layerhint.records.finished import Result
from layerhint.records.recorded import Recorded


class Strip(Recorded):
    """Some images of a class side by side, as a PNG in base64; `name` is "" where only the label is known."""

    label: int
    name: str
    count: int
    png: str

    @property
    def title(self) -> str:
        return self.name or str(self.label)


class SampleImagesResult(Result):
    """A strip for each class; each image is `size` pixels high and wide."""

    kind: ClassVar[str] = "sample images"

    dataset: str
    title: str
    database: str
    size: int
    classes: tuple[Strip, ...]
