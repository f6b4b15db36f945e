"""A downloaded archive, .tar.gz or .gz, and the files in it.

The first byte of an input says whether the rest is the archive (0), or is to be compressed into a tar (1) or into idx
files (2): a random change of compressed bytes reaches nothing but their checksum.
"""

import gzip
import io
import tarfile
from collections.abc import Iterable, Mapping

from fuzz.reader import Reader
from layerhint.datasets.facts import Facts
from layerhint.datasets.images import Decoded
from layerhint.datasets.publishers.archives import read_archive
from layerhint.datasets.publishers.cifar_records import decode_cifar
from layerhint.datasets.publishers.descriptor import Archive, DatasetDescriptor, PublisherFile
from layerhint.datasets.publishers.idx import decode_mnist, idx_header

_RECORD = 1 + 3 * 4 * 4
_CIFAR_FILES = (PublisherFile("train.bin", "train", 2 * _RECORD, ""), PublisherFile("test.bin", "test", _RECORD, ""))
_MNIST_FILES = (
    PublisherFile("train-images", "train", 16 + 2 * 16, ""),
    PublisherFile("train-labels", "train", 8 + 2, ""),
    PublisherFile("test-images", "test", 16 + 16, ""),
    PublisherFile("test-labels", "test", 8 + 1, ""),
)
_RAW, _TAR, _MNIST = range(3)


def _decode_cifar(descriptor: DatasetDescriptor, contents: Mapping[str, bytes]) -> Decoded:
    return decode_cifar(descriptor, contents, label_limits=(10,))


_PACKED_CIFAR = (Archive("a.tar.gz", 0, "", (), "batches", _CIFAR_FILES),)
_PACKED_IDX = tuple(Archive(f"{file.name}.gz", 0, "", (), "", (file,)) for file in _MNIST_FILES)
_CIFAR = DatasetDescriptor(Facts("cifar", "cifar", 3, 4, 0, 10, has_mean=True), 2, 1, "", _PACKED_CIFAR, _decode_cifar)
_IDX = DatasetDescriptor(Facts("mnist", "mnist", 1, 4, 0, 10, has_mean=False), 2, 1, "", _PACKED_IDX, decode_mnist)


class ArchiveReader(Reader):
    def seeds(self) -> Iterable[bytes]:
        for kind in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
            plain = _tar(kind)
            yield bytes([_TAR]) + plain
            yield bytes([_RAW]) + gzip.compress(plain, mtime=0)
        files = (idx_header((n, 4, 4)) + bytes(16 * n) + idx_header((n,)) + bytes(n) for n in (2, 1))
        yield bytes([_MNIST]) + b"".join(files)

    def read(self, data: bytes) -> None:
        kind, content = (data[0] % 3, data[1:]) if data else (_RAW, b"")
        if kind == _MNIST:
            self._read_idx(content)
            return
        packed = gzip.compress(content, 1, mtime=0) if kind == _TAR else content
        contents = read_archive(self.file(packed, "a.tar.gz"), _CIFAR.archives[0])
        _CIFAR.decode(_CIFAR, contents)

    def _read_idx(self, content: bytes) -> None:
        """The four files from one input, cut at their sizes."""
        contents, start = {}, 0
        for archive in _IDX.archives:
            (member,) = archive.members
            packed = gzip.compress(content[start : start + member.size], 1, mtime=0)
            contents.update(read_archive(self.file(packed, "a.gz"), archive))
            start += member.size
        _IDX.decode(_IDX, contents)


def _tar(kind: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=kind) as tar:
        for name in ("batches/readme.html", *(f"batches/{file.name}" for file in _CIFAR_FILES)):
            size = next((file.size for file in _CIFAR_FILES if name.endswith(file.name)), 11)
            entry = tarfile.TarInfo(name)
            entry.size = size
            if kind == tarfile.PAX_FORMAT:
                entry.pax_headers = {"comment": "é" * 30}
            tar.addfile(entry, io.BytesIO(bytes(i % 10 for i in range(size))))
    return buffer.getvalue()
