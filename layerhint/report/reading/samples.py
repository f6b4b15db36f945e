"""The sample images of a data set, as the driver took them from its LMDB."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Strip:
    """Some images of a class side by side, as a PNG in base64; `name` is "" where only the label is known."""

    label: int
    name: str
    count: int
    png: str

    @property
    def title(self) -> str:
        return self.name or str(self.label)


@dataclass(frozen=True)
class SampleSheet:
    """A strip for each class; each image is `size` pixels high and wide."""

    dataset: str
    title: str
    database: str
    size: int
    strips: tuple[Strip, ...]


def sheet_of(record: Mapping[str, Any]) -> SampleSheet:
    """A sheet from its record. Raises KeyError or TypeError for a damaged one."""
    strips = (Strip(s["label"], s["name"], s["count"], s["png"]) for s in record["classes"])
    return SampleSheet(record["dataset"], record["title"], record["database"], record["size"], tuple(strips))
