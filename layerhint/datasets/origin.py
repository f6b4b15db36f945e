"""Where a data set's images come from: a publisher's files, or a folder of one's own."""

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
    """What was read: the images, and the records of the files. `mean` (C, H, W) stands in for the images' own."""

    images: Decoded
    sources: tuple[SourceRecord, ...] = ()
    folder: FolderRecord | None = None
    mean: NDArray[np.float64] | None = None


class Origin(ABC):
    """A data set to be made."""

    facts: Facts

    @abstractmethod
    def why_changed(self, manifest: DatasetManifest) -> str:
        """Why what was made would be made otherwise now, or "".

        Files that are no longer there do not matter, unless they were asked for by name.
        Raises LayerhintError where making it anew would not mend it.
        """

    @abstractmethod
    def check(self) -> None:
        """Raises LayerhintError where the names of the files here tell already that it cannot be made of them."""

    @abstractmethod
    def obtain(self, progress: ProgressReport) -> tuple[int, int]:
        """Sees to it that the files are there; the numbers of training and of test images.

        Raises LayerhintError for files that are missing.
        """

    @abstractmethod
    def read(self, progress: ProgressReport) -> Read:
        """Reads what `obtain` saw to. Raises LayerhintError for files that are damaged or not the expected ones."""
