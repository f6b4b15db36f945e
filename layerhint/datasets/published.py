"""The paper's data sets: their publisher's files, downloaded if they are missing."""

from pathlib import Path

from layerhint.checksum import sha256
from layerhint.datasets.manifest import DatasetManifest, SourceRecord
from layerhint.datasets.origin import Origin, Read
from layerhint.datasets.progress import ProgressReport
from layerhint.datasets.publishers import DATASETS
from layerhint.datasets.publishers.descriptor import Archive, DatasetDescriptor
from layerhint.datasets.publishers.download import download
from layerhint.datasets.publishers.places import own_folder
from layerhint.datasets.publishers.source import find_source, missing_message, passed_over, read_source
from layerhint.datasets.sample.manifest import SAMPLE_DIR, sample_descriptor
from layerhint.errors import LayerhintError
from layerhint.validation import nearest


class Published(Origin):
    """A published data set, or with `sample` the committed part of it.

    Its files are looked for in `source`, else in the committed sample or in `downloads`; what is missing there is
    downloaded into `downloads/<name>`. Raises LayerhintError for an unknown name.
    """

    def __init__(self, name: str, downloads: Path, source: Path | None, sample: bool) -> None:
        self.descriptor = _descriptor(name, source, sample)
        self.root = source or (SAMPLE_DIR if sample else downloads)
        self._named = source is not None
        self._local = source is not None or sample
        self.facts = self.descriptor.facts

    def why_changed(self, manifest: DatasetManifest) -> str:
        """Compares files by size and date or, where the date differs, by SHA-256."""
        found, missing = find_source(self.descriptor, self.root)
        if missing:
            return f"{missing[0].name} is not in {self.root}" if self._named else ""
        paths = [path for item in found for path in item.paths]
        if [path.name for path in paths] != [record.name for record in manifest.sources]:
            return f"made from other files than those in {self.root}"
        for path, record in zip(paths, manifest.sources, strict=True):
            if _file_changed(path, record):
                return f"{path} is not the file it was made from"
        return ""

    def check(self) -> None:
        """Accepts any names: missing files are downloaded."""

    def obtain(self, progress: ProgressReport) -> tuple[int, int]:
        missing = find_source(self.descriptor, self.root)[1]
        if missing and self._local:
            raise LayerhintError(missing_message(self.descriptor, self.root, missing))
        for archive in missing:
            self._download(archive, progress)
        return self.descriptor.train_count, self.descriptor.test_count

    def _download(self, archive: Archive, progress: ProgressReport) -> None:
        try:
            download(archive, own_folder(self.descriptor, self.root), progress)
        except LayerhintError as error:
            raise LayerhintError(
                "; ".join([str(error), *passed_over(self.descriptor, self.root, [archive])])
            ) from error

    def read(self, progress: ProgressReport) -> Read:
        contents, sources = read_source(find_source(self.descriptor, self.root)[0], progress)
        return Read(self.descriptor.decode(self.descriptor, contents), sources)


def _descriptor(name: str, source: Path | None, sample: bool) -> DatasetDescriptor:
    if name not in DATASETS:
        raise LayerhintError(f"unknown data set {name!r}{nearest(name, DATASETS)}")
    if sample:
        return sample_descriptor(DATASETS[name], source or SAMPLE_DIR)
    return DATASETS[name]


def _file_changed(path: Path, record: SourceRecord) -> bool:
    status = path.stat()
    if status.st_size != record.size:
        return True
    return status.st_mtime_ns != record.mtime_ns and sha256(path) != record.sha256
