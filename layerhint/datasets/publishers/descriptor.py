"""What a data set is: its publisher's files and the shape of its images, as inert data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from layerhint.datasets.facts import Facts
from layerhint.datasets.images import Decoded, SplitName


@dataclass(frozen=True)
class PublisherFile:
    """One unpacked file as the publisher made it; `size` in bytes."""

    name: str
    split: SplitName
    size: int
    md5: str


@dataclass(frozen=True)
class Archive:
    """One file to download; `folder` is where its members stand inside a tar ("" for a plain .gz)."""

    name: str
    size: int
    md5: str
    urls: tuple[str, ...]
    folder: str
    members: tuple[PublisherFile, ...]

    @property
    def forms(self) -> "tuple[Archive | PublisherFile, ...]":
        """The files that may be there in its place: the archive itself, or its members."""
        return (self, *self.members)


@dataclass(frozen=True)
class SampleRule:
    """What the committed sample keeps of a data set: of each class, the first `per_class[split]` images of each file.

    `choose` cuts the publisher's files down to them.
    """

    per_class: Mapping[SplitName, int]
    choose: "Callable[[DatasetDescriptor, Mapping[str, bytes], Mapping[SplitName, int]], Chosen]"


@dataclass(frozen=True)
class Chosen:
    """Cut-down files by name, and how many images they hold in each split."""

    contents: Mapping[str, bytes]
    counts: Mapping[SplitName, int]


@dataclass(frozen=True)
class DatasetDescriptor:
    """A published data set: what it is, how many images it has, its publisher's files, and what the sample keeps."""

    facts: Facts
    train_count: int
    test_count: int
    folder: str
    archives: tuple[Archive, ...]
    decode: "Callable[[DatasetDescriptor, Mapping[str, bytes]], Decoded]"
    sample: SampleRule | None = None

    @property
    def files(self) -> tuple[PublisherFile, ...]:
        """Every unpacked file of the set, in the publisher's order."""
        return tuple(member for archive in self.archives for member in archive.members)
