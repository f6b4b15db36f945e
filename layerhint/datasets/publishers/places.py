"""Where a data set's files may be, and whether a file there belongs to this data set or only has the name.

Other data sets in MNIST's format use the same file names. So in a folder that data sets share, a file must have this
data set's size as well; in the data set's own folder the name is enough.
"""

from collections.abc import Iterator
from pathlib import Path

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
        return path.is_file() and (folder not in self._shared or path.stat().st_size == file.size)

    def passed_over(self, file: Archive | PublisherFile) -> Iterator[str]:
        """A sentence for each file that has the name of `file` but was not taken for it: that it was not, and why."""
        for folder in self._shared:
            path = folder / file.name
            if path.is_file() and (size := path.stat().st_size) != file.size:
                title = self._descriptor.facts.title
                yield (
                    f"{path} is not taken for {title}'s, which has {file.size:,} bytes, not {size:,}; {title}'s own "
                    f"folder is {self._own}"
                )


def own_folder(descriptor: DatasetDescriptor, root: Path) -> Path:
    """The folder under `root` that holds this data set's files alone."""
    return root / descriptor.facts.name
