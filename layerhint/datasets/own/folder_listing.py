"""The files of a folder of images: which split and class each is of."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from layerhint.datasets.images import SplitName
from layerhint.errors import LayerhintError

SPLITS: tuple[SplitName, SplitName] = ("train", "test")


@dataclass(frozen=True)
class ImageFile:
    """An image: `name` is its path below the folder, with `/`; `label` the number of its class."""

    path: Path
    name: str
    label: int


@dataclass(frozen=True)
class Listing:
    """The classes' names by number, and the images of each split by class and name."""

    labels: tuple[str, ...]
    train: tuple[ImageFile, ...]
    test: tuple[ImageFile, ...]

    @property
    def files(self) -> tuple[ImageFile, ...]:
        return (*self.train, *self.test)

    def first(self, counts: Mapping[SplitName, int]) -> "Listing":
        """The first images of each class, at most `counts` of them in each split."""
        return Listing(self.labels, _first(self.train, counts["train"]), _first(self.test, counts["test"]))


def list_images(folder: Path) -> Listing:
    """Lists `folder/train/<class>/*` and `folder/test/<class>/*`; names that begin with a dot are passed over.

    Raises LayerhintError for a folder that is missing or cannot be read, a split without images, a class without
    training images, a class whose name is not UTF-8, and anything in a class's folder that is not a file.
    """
    try:
        labels = _classes(folder, "train")
        strange = [name for name in _classes(folder, "test") if name not in labels]
        if strange:
            raise LayerhintError(
                f"{folder}/test has the classes {', '.join(strange)}, of which {folder}/train has no images: "
                "name the classes' folders alike"
            )
        train, test = (tuple(_of_split(folder, split, labels)) for split in SPLITS)
    except OSError as error:
        raise LayerhintError(f"cannot read {error.filename}: {error.strerror}") from None
    empty = [name for i, name in enumerate(labels) if not any(file.label == i for file in train)]
    if empty:
        raise LayerhintError(f"{folder}/train has no images in {', '.join(empty)}: put some there, or take it away")
    if not test:
        raise LayerhintError(f"{folder}/test has no images: put some there, in a folder for each class")
    return Listing(labels, train, test)


def _classes(folder: Path, split: SplitName) -> tuple[str, ...]:
    place = folder / split
    if not place.is_dir():
        raise LayerhintError(
            f"there is no folder {place}: the images are looked for in train/<class>/ and test/<class>/ below {folder}"
        )
    entries = _visible(place)
    for entry in entries:
        if not entry.is_dir():
            raise LayerhintError(f"{entry} lies beside the classes' folders: put it into one, or take it away")
        _check_text(entry)
    if not entries:
        raise LayerhintError(f"{place} has no folders: put the images there, in a folder for each class")
    return tuple(entry.name for entry in entries)


def _check_text(place: Path) -> None:
    """Raises LayerhintError for a class name that is not UTF-8: the manifest holds it as text, unlike files' names."""
    try:
        str(place).encode()
    except UnicodeEncodeError:
        shown = os.fsencode(place).decode(errors="backslashreplace")
        raise LayerhintError(f"the name of the folder {shown} is not UTF-8: rename it") from None


def _of_split(folder: Path, split: SplitName, labels: tuple[str, ...]) -> Iterator[ImageFile]:
    for number, label in enumerate(labels):
        place = folder / split / label
        for entry in _visible(place) if place.is_dir() else ():
            if not entry.is_file():
                raise LayerhintError(f"{entry} is no file: the images of a class lie in its folder itself")
            yield ImageFile(entry, f"{split}/{label}/{entry.name}", number)


def _visible(place: Path) -> list[Path]:
    """The entries of a folder that do not begin with a dot, by name, so that the system's order does not matter."""
    return sorted(entry for entry in place.iterdir() if not entry.name.startswith("."))


def _first(files: tuple[ImageFile, ...], count: int) -> tuple[ImageFile, ...]:
    seen: dict[int, int] = {}
    chosen = []
    for file in files:
        seen[file.label] = seen.get(file.label, 0) + 1
        if seen[file.label] <= count:
            chosen.append(file)
    return tuple(chosen)
