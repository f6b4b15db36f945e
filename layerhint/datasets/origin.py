"""Where a data set's images come from: a publisher's files, or a user's own folder."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from layerhint.datasets.facts import Facts
from layerhint.datasets.images import Decoded
from layerhint.datasets.manifest import DatasetManifest, FolderRecord, SourceRecord
from layerhint.datasets.progress import ProgressReport


@dataclass(frozen=True)
class Read:
    """The images that were read, and records of their files. `mean` (C, H, W), if given, replaces the images' own."""

    images: Decoded
    sources: tuple[SourceRecord, ...] = ()
    folder: FolderRecord | None = None
    mean: NDArray[np.float64] | None = None


class Origin(ABC):
    """The source of a data set's images."""

    facts: Facts

    @abstractmethod
    def why_changed(self, manifest: DatasetManifest) -> str:
        """Why the data set would be made differently now than `manifest` says, or "" if it would not.

        Missing files do not matter, unless the user named their folder.
        Raises LayerhintError for a fault that making it again would not fix.
        """

    @abstractmethod
    def check(self) -> None:
        """Raises LayerhintError if the files' names alone show that the data set cannot be made."""

    @abstractmethod
    def obtain(self, progress: ProgressReport) -> tuple[int, int]:
        """Makes sure that the files are there; returns the numbers of training and of test images.

        Raises LayerhintError for files that are missing.
        """

    @abstractmethod
    def read(self, progress: ProgressReport) -> Read:
        """Reads the files. Raises LayerhintError for files that are damaged or not the expected ones."""
