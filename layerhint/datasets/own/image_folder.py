"""A user's own data set: a folder of images, with a folder for each split and in these one for each class."""

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from layerhint.checksum import sha256
from layerhint.datasets.datum import MAX_CLASSES
from layerhint.datasets.facts import Facts
from layerhint.datasets.images import Decoded, Split, SplitName
from layerhint.datasets.manifest import DatasetManifest, FolderRecord
from layerhint.datasets.origin import Origin, Read
from layerhint.datasets.own.fit_image import Fit, Order, fit_image
from layerhint.datasets.own.folder_listing import ImageFile, Listing, list_images
from layerhint.datasets.progress import ProgressReport
from layerhint.errors import LayerhintError

SAMPLED: dict[SplitName, int] = {"train": 20, "test": 10}
"""How many images of each class the sample of a folder has: the first by name."""


@dataclass(frozen=True)
class ImageFolder:
    """`<path>/train/<class>/*` and `<path>/test/<class>/*`: the classes are numbered by name, from 0.

    `fit` and `order` say how an image becomes (channels, size, size), `mean` which channel means are subtracted, if
    not those of the training images. `counts` are the numbers of images that the protocol states.
    """

    facts: Facts
    path: Path
    fit: Fit
    order: Order
    mean: tuple[float, ...] | None
    counts: tuple[int, int]

    @property
    def settings(self) -> dict[str, object]:
        """What the products depend on besides the files, as JSON values."""
        mean = list(self.mean) if self.mean else None
        facts = self.facts
        shape = {"channels": facts.channels, "size": facts.size, "pad": facts.pad, "has_mean": facts.has_mean}
        return {**shape, "fit": self.fit, "order": self.order, "mean": mean}


class FolderOrigin(Origin):
    """A folder of images, or with `sample` the first images of each class; `out` is the folder of the data sets."""

    def __init__(self, folder: ImageFolder, sample: bool, out: Path) -> None:
        self.folder = folder
        self.facts = folder.facts
        self._sample = sample
        self._from_out = os.path.relpath(folder.path, out)

    def why_changed(self, manifest: DatasetManifest) -> str:
        """Compares the files' names, sizes and dates or, where these differ, their bytes.

        A missing folder does not matter if it is the one that was read: it has the same path or, as in a clone that was
        moved with its data, the same path relative to the data sets' folder.
        Raises LayerhintError if only the numbers that the protocol states have changed, and for a folder or a file that
        cannot be read.
        """
        record = manifest.folder
        if record is None:
            return "made from a publisher's files"
        why = self._setting_changed(record) or self._files_changed(record)
        if not why:
            # Making it anew would end here too or, if the folder is gone, with a misleading error.
            self._check_numbers(manifest.classes, manifest.train_count, manifest.test_count)
        return why

    def _setting_changed(self, record: FolderRecord) -> str:
        for name, value in self.folder.settings.items():
            if record.settings.get(name) != value:
                return f"made with {name} {_said(record.settings.get(name))}, not {_said(value)}"
        return ""

    def _files_changed(self, record: FolderRecord) -> str:
        path = self.folder.path
        with _reading(path):
            gone = not path.is_dir()
        if gone:
            same = str(path) == record.path or self._from_out == record.from_out
            return "" if same else f"made from {record.path}, not {path}"
        listing = self._listing()
        if record.labels != listing.labels or record.files != len(listing.files):
            return f"the files in {path} are not those that it was made from"
        if record.listing != _hash(listing, _size_and_date) and record.content != _hash(listing, _content):
            return f"the files in {path} have changed"
        return ""

    def check(self) -> None:
        """Raises LayerhintError where the folder is not what the protocol says."""
        self._counts()

    def obtain(self, progress: ProgressReport) -> tuple[int, int]:
        """Raises LayerhintError as `check` does."""
        return self._counts()

    def _counts(self) -> tuple[int, int]:
        listing = self._listing()
        train, test = len(listing.train), len(listing.test)
        self._check_numbers(len(listing.labels), train, test)
        return train, test

    def read(self, progress: ProgressReport) -> Read:
        listing = self._listing()
        record = FolderRecord(
            path=str(self.folder.path),
            from_out=self._from_out,
            files=len(listing.files),
            listing=_hash(listing, _size_and_date),
            content=_hash(listing, _content),
            labels=listing.labels,
            settings=self.folder.settings,
        )
        images = Decoded(self._split("train", listing.train, progress), self._split("test", listing.test, progress))
        return Read(images, folder=record, mean=self._mean())

    def _listing(self) -> Listing:
        listing = list_images(self.folder.path)
        return listing.first(SAMPLED) if self._sample else listing

    def _check_numbers(self, classes: int, train: int, test: int) -> None:
        """Raises LayerhintError unless the protocol states the numbers found; of a sample only the classes count."""
        path, title = self.folder.path, self.facts.title
        if classes > MAX_CLASSES:
            raise LayerhintError(f"{path}/train has {classes} classes, at most {MAX_CLASSES} can be had")
        stated = {"classes": (self.facts.classes, classes)}
        if not self._sample:
            of_train, of_test = self.folder.counts
            stated |= {"images.train": (of_train, train), "images.test": (of_test, test)}
        wrong = [f"`{key}: {found}`, not {said}" for key, (said, found) in stated.items() if said != found]
        if wrong:
            raise LayerhintError(f"{path} is not as the protocol of {title} says: write {'; '.join(wrong)}")

    def _split(self, name: SplitName, files: tuple[ImageFile, ...], progress: ProgressReport) -> Split:
        facts = self.facts
        images = np.empty((len(files), facts.channels, facts.size, facts.size), np.uint8)
        for i, file in enumerate(files):
            images[i] = fit_image(file.path, facts.channels, facts.size, self.folder.fit, self.folder.order)
            progress(f"read {name} images", i + 1, len(files), "images")
        return Split(images, np.array([file.label for file in files], np.uint16))

    def _mean(self) -> NDArray[np.float64] | None:
        if self.folder.mean is None:
            return None
        shape = (self.facts.channels, self.facts.size, self.facts.size)
        return np.broadcast_to(np.array(self.folder.mean)[:, None, None], shape)


def _hash(listing: Listing, value: Callable[[Path], bytes]) -> str:
    total = hashlib.sha256()
    for file in listing.files:
        with _reading(file.path):
            total.update(os.fsencode(file.name) + b"\0" + value(file.path))
    return total.hexdigest()


def _size_and_date(path: Path) -> bytes:
    status = path.stat()
    return f"{status.st_size} {status.st_mtime_ns}\0".encode()


def _content(path: Path) -> bytes:
    return bytes.fromhex(sha256(path))


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[None]:
    """Turns an OSError on a file or folder into a LayerhintError."""
    try:
        yield
    except OSError as error:
        raise LayerhintError(f"cannot read {path}: {error.strerror or error}") from error


def _said(value: object) -> str:
    match value:
        case None:
            return "of the images"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(map(str, value))
    return str(value)
