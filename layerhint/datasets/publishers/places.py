"""Where a data set's files may lie, and whether a file there is this data set's or only has its name.

Data sets in MNIST's format have its files' names. In its own folder a data set's files are known by their names; in one
that data sets share, a file has to have this one's size as well and, where another data set has a file of that name and
size, this one's checksum.
"""

from collections.abc import Iterator
from pathlib import Path

from layerhint.datasets.checksums import file_digests
from layerhint.datasets.publishers import DATASETS
from layerhint.datasets.publishers.descriptor import Archive, DatasetDescriptor, PublisherFile


class Places:
    """The folders under `root` where `descriptor`'s files are looked for.

    First its own, `root/<data set>`, then `root`; in each, also the folder that the publisher's archive makes.
    """

    def __init__(self, descriptor: DatasetDescriptor, root: Path) -> None:
        self._descriptor = descriptor
        self._own = own_folder(descriptor, root)
        self._shared = tuple(dict.fromkeys((root, root / descriptor.folder)))
        self.folders = tuple(dict.fromkeys((self._own, self._own / descriptor.folder, *self._shared)))

    def holds(self, folder: Path, file: Archive | PublisherFile) -> bool:
        """Whether the data set's `file` is in `folder`."""
        path = folder / file.name
        return path.is_file() and (folder not in self._shared or not self._why_not(path, file))

    def passed_over(self, file: Archive | PublisherFile) -> Iterator[str]:
        """For each file that has the name of `file` and was not taken for it: that it was not, and why."""
        for folder in self._shared:
            path = folder / file.name
            why = self._why_not(path, file) if path.is_file() else ""
            if why:
                title = self._descriptor.facts.title
                yield f"{path} is not taken for {title}'s, {why}; {title}'s own folder is {self._own}"

    def _why_not(self, path: Path, file: Archive | PublisherFile) -> str:
        """Why the file at `path`, in a folder that data sets share, is not `file`; "" where it is."""
        size = path.stat().st_size
        if size != file.size:
            return f"which has {file.size:,} bytes, not {size:,}"
        if not self._has_a_double(file):
            return ""
        try:
            got = file_digests(path).md5
        except OSError as error:
            return f"since it cannot be read ({error.strerror})"
        if got != file.md5:
            return "since another data set has a file of this name and size, and its checksum is not the publisher's"
        return ""

    def _has_a_double(self, file: Archive | PublisherFile) -> bool:
        """Whether another data set has a file of this name and size."""
        others = (other for name, other in DATASETS.items() if name != self._descriptor.facts.name)
        theirs = (its for other in others for archive in other.archives for its in archive.forms)
        return any((its.name, its.size) == (file.name, file.size) for its in theirs)


def own_folder(descriptor: DatasetDescriptor, root: Path) -> Path:
    """The folder under `root` that holds this data set's files alone."""
    return root / descriptor.facts.name
