"""Finding and checking a publisher's files, packed and unpacked."""

import gzip
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from layerhint.datasets.publishers.cifar10 import CIFAR10
from layerhint.datasets.publishers.descriptor import DatasetDescriptor
from layerhint.datasets.publishers.mnist import MNIST
from layerhint.datasets.publishers.source import find_source, missing_message, read_source
from layerhint.datasets.sample.manifest import SAMPLE_DIR, sample_descriptor
from layerhint.errors import LayerhintError

NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")


@pytest.fixture
def mnist() -> DatasetDescriptor:
    """MNIST with the sizes and checksums of the committed sample."""
    return sample_descriptor(MNIST, SAMPLE_DIR)


def _lay(folder: Path, *, packed: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        content = (SAMPLE_DIR / "mnist" / f"{name}.gz").read_bytes()
        if packed:
            (folder / f"{name}.gz").write_bytes(content)
        else:
            (folder / name).write_bytes(gzip.decompress(content))


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("inner", ["", "MNIST/raw", "mnist", "mnist/MNIST/raw"])
def test_files_are_found_where_people_lay_them(
    tmp_path: Path, mnist: DatasetDescriptor, inner: str, packed: bool
) -> None:
    _lay(tmp_path / inner, packed=packed)
    found, missing = find_source(mnist, tmp_path)
    assert not missing
    contents, records = read_source(found)
    assert contents == {name: gzip.decompress((SAMPLE_DIR / "mnist" / f"{name}.gz").read_bytes()) for name in NAMES}
    assert all(record.verified for record in records)
    assert [record.name for record in records] == [name + ".gz" * packed for name in NAMES]
    first = found[0].paths[0].read_bytes()
    assert records[0].sha256 == hashlib.sha256(first).hexdigest()
    assert records[0].size == len(first)


def test_packed_and_unpacked_files_mix(tmp_path: Path, mnist: DatasetDescriptor) -> None:
    _lay(tmp_path, packed=True)
    _lay(tmp_path, packed=False)
    (tmp_path / f"{NAMES[2]}.gz").unlink()
    found, _ = find_source(mnist, tmp_path)
    assert [item.packed for item in found] == [True, True, False, True]


def test_what_is_missing_is_named(tmp_path: Path, mnist: DatasetDescriptor) -> None:
    _lay(tmp_path, packed=True)
    (tmp_path / f"{NAMES[1]}.gz").unlink()
    _, missing = find_source(mnist, tmp_path)
    assert missing_message(mnist, tmp_path, missing) == (
        f"MNIST is not complete in {tmp_path}: missing {NAMES[1]}.gz (packed as published, or unpacked)"
    )
    absent = tmp_path / "absent"
    assert missing_message(mnist, absent, missing).startswith(f"{absent} is absent")


def test_of_a_half_unpacked_archive_the_missing_files_are_named(tmp_path: Path) -> None:
    for i in (1, 2, 4, 5):
        (tmp_path / f"data_batch_{i}.bin").touch()
    _, missing = find_source(CIFAR10, tmp_path)
    assert "missing data_batch_3.bin, test_batch.bin (" in missing_message(CIFAR10, tmp_path, missing)


def test_a_truncated_archive_is_said_to_be_truncated(tmp_path: Path, mnist: DatasetDescriptor) -> None:
    _lay(tmp_path, packed=True)
    path = tmp_path / f"{NAMES[0]}.gz"
    whole = path.read_bytes()
    path.write_bytes(whole[:1000])
    with pytest.raises(LayerhintError, match=rf"{NAMES[0]}\.gz is truncated: 1,000 bytes, expected {len(whole):,}"):
        read_source(find_source(mnist, tmp_path)[0])
    path.write_bytes(whole + b"\0")
    with pytest.raises(LayerhintError, match="is not the published file"):
        read_source(find_source(mnist, tmp_path)[0])


def test_an_archive_with_another_checksum_is_refused(tmp_path: Path, mnist: DatasetDescriptor) -> None:
    _lay(tmp_path, packed=True)
    path = tmp_path / f"{NAMES[0]}.gz"
    content = bytearray(path.read_bytes())
    content[5000] ^= 1
    path.write_bytes(content)
    got = hashlib.md5(content, usedforsecurity=False).hexdigest()
    expected = mnist.archives[0].md5
    with pytest.raises(LayerhintError, match=f"its MD5 is {got}, expected {expected}; delete it"):
        read_source(find_source(mnist, tmp_path)[0])


def test_an_unpacked_file_with_another_checksum_is_taken_and_marked(tmp_path: Path, mnist: DatasetDescriptor) -> None:
    _lay(tmp_path, packed=False)
    path = tmp_path / NAMES[0]
    content = bytearray(path.read_bytes())
    content[500] ^= 1
    path.write_bytes(content)
    contents, records = read_source(find_source(mnist, tmp_path)[0])
    assert [record.verified for record in records] == [False, True, True, True]
    assert contents[NAMES[0]] == content


def test_an_unpacked_file_of_another_size_is_refused(tmp_path: Path, mnist: DatasetDescriptor) -> None:
    _lay(tmp_path, packed=False)
    path = tmp_path / NAMES[3]
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(LayerhintError, match=r"is truncated: 507 bytes, expected 508; unpack it again"):
        read_source(find_source(mnist, tmp_path)[0])


def test_a_folder_in_place_of_a_file_is_not_the_file(tmp_path: Path, mnist: DatasetDescriptor) -> None:
    (tmp_path / f"{NAMES[0]}.gz").mkdir()
    found, missing = find_source(replace(mnist, archives=mnist.archives[:1]), tmp_path)
    assert not found
    assert len(missing) == 1
