"""The archive of a real Caffe's source, unpacked: nothing may be written outside of the target folder.

Inputs are uncompressed tars, since a change of compressed bytes reaches nothing but their checksum.
"""

import gzip
import io
import shutil
import tarfile
from collections.abc import Iterable

from fuzz.reader import Reader
from layerhint.realcaffe.source import unpack


class SourceArchiveReader(Reader):
    def seeds(self) -> Iterable[bytes]:
        for kind in (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT):
            for strange in ("", "../out", "/tmp/out", "link"):
                yield _tar(kind, strange)

    def read(self, data: bytes) -> None:
        around = self.scratch / "around"
        shutil.rmtree(around, ignore_errors=True)
        around.mkdir()
        try:
            unpack(self.file(gzip.compress(data, 1, mtime=0), "source.tar.gz"), around / "target")
        finally:
            beside = [path.name for path in around.iterdir() if path.name != "target"]
            links = [path for path in around.rglob("*") if path.is_symlink()]
            if beside or links:
                raise AssertionError(f"it made {beside or links} outside of its folder")


def _tar(kind: int, strange: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=kind) as tar:
        for name in ("top/a.cpp", "top/src/b.cpp", strange):
            entry = tarfile.TarInfo(name or "top/c")
            entry.size = 5
            if name == "link":
                entry = tarfile.TarInfo("top/link")
                entry.type, entry.linkname = tarfile.SYMTYPE, "../../out"
            tar.addfile(entry, io.BytesIO(b"hello"))
    return buffer.getvalue()
