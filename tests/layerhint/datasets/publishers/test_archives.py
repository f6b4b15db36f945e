"""Archives: only the wanted files come out, and only at the size they should have."""

import gzip
import io
import tarfile
from pathlib import Path

import pytest

from layerhint.datasets.publishers.archives import read_archive
from layerhint.datasets.publishers.descriptor import Archive, PublisherFile
from layerhint.errors import LayerhintError

ONE = PublisherFile("one.bin", "train", 5, "")
TWO = PublisherFile("two.bin", "test", 3, "")
TAR = Archive("set.tar.gz", 0, "", (), "set", (ONE, TWO))
PLAIN = Archive("one.bin.gz", 0, "", (), "", (ONE,))
GOOD = {"set/one.bin": b"12345", "set/two.bin": b"abc"}


def _tar(path: Path, files: dict[str, bytes], extra: tuple[tarfile.TarInfo, ...] = ()) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for entry in extra:
            tar.addfile(entry)
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return path


@pytest.mark.parametrize("prefix", ["", "./"])
def test_the_wanted_members_are_read(tmp_path: Path, prefix: str) -> None:
    files = {f"{prefix}set/readme.html": b"no", **{prefix + name: content for name, content in GOOD.items()}}
    assert read_archive(_tar(tmp_path / "set.tar.gz", files), TAR) == {"one.bin": b"12345", "two.bin": b"abc"}


@pytest.mark.parametrize("name", ["one.bin", "../set/one.bin", "/set/one.bin", "set/../set/one.bin", "other/one.bin"])
def test_a_member_elsewhere_is_not_the_member(tmp_path: Path, name: str) -> None:
    path = _tar(tmp_path / "set.tar.gz", {name: b"12345", "set/two.bin": b"abc"})
    with pytest.raises(LayerhintError, match=r"set/one\.bin is not in the archive"):
        read_archive(path, TAR)
    assert [p.name for p in tmp_path.iterdir()] == ["set.tar.gz"]


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    link = tarfile.TarInfo("set/one.bin")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
    path = _tar(tmp_path / "set.tar.gz", {"set/two.bin": b"abc"}, (link,))
    with pytest.raises(LayerhintError, match=r"set/one\.bin is not in the archive"):
        read_archive(path, TAR)


def test_another_size_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = _tar(tmp_path / "set.tar.gz", {"set/one.bin": b"123456", "set/two.bin": b"abc"})
    with pytest.raises(LayerhintError, match=r"set/one\.bin has 6 bytes in the archive, expected 5"):
        read_archive(path, TAR)


def test_a_tar_of_very_many_members_is_refused(tmp_path: Path) -> None:
    path = _tar(tmp_path / "set.tar.gz", {f"set/{i}": b"" for i in range(101)})
    with pytest.raises(LayerhintError, match="more than 100 members"):
        read_archive(path, TAR)


@pytest.mark.parametrize("keep", [0, 4, 20, 60, 90])
def test_a_truncated_tar_is_one_clear_error(tmp_path: Path, keep: int) -> None:
    path = _tar(tmp_path / "set.tar.gz", {"set/one.bin": b"12345"})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(LayerhintError, match=r"damaged or cut off|not in the archive"):
        read_archive(path, TAR)


def test_a_gz_is_read_and_its_size_held(tmp_path: Path) -> None:
    path = tmp_path / "one.bin.gz"
    path.write_bytes(gzip.compress(b"12345"))
    assert read_archive(path, PLAIN) == {"one.bin": b"12345"}
    path.write_bytes(gzip.compress(bytes(10_000_000)))
    with pytest.raises(LayerhintError, match="more than 5 bytes when unpacked, expected 5"):
        read_archive(path, PLAIN)
    path.write_bytes(gzip.compress(b"1234"))
    with pytest.raises(LayerhintError, match="4 bytes when unpacked, expected 5"):
        read_archive(path, PLAIN)


@pytest.mark.parametrize("content", [b"", b"no gzip at all", gzip.compress(b"12345")[:-9]])
def test_a_damaged_gz_is_one_clear_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "one.bin.gz"
    path.write_bytes(content)
    with pytest.raises(LayerhintError, match=r"damaged or cut off|0 bytes when unpacked"):
        read_archive(path, PLAIN)


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_header_without_end_takes_no_memory(kind: bytes, tmp_path: Path) -> None:
    """8 GiB of zeros, as the name of a file, in some hundred kilobytes; here the first 64 MiB of them."""
    path = tmp_path / "set.tar.gz"
    entry = tarfile.TarInfo("name")
    entry.type, entry.size = kind, 8 << 30
    with gzip.open(path, "wb", compresslevel=1) as stream:
        stream.write(entry.tobuf(tarfile.GNU_FORMAT))
        for _ in range(64):
            stream.write(bytes(1 << 20))
    with pytest.raises(LayerhintError, match="it holds more than its files and headers can take"):
        read_archive(path, TAR)
