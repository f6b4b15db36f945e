"""Finding and checking a publisher's files, packed and unpacked."""

import gzip
import hashlib
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from layerhint.datasets.publishers import DATASETS
from layerhint.datasets.publishers.cifar10 import CIFAR10
from layerhint.datasets.publishers.descriptor import DatasetDescriptor
from layerhint.datasets.publishers.mnist import MNIST
from layerhint.datasets.publishers.source import find_source, missing_message, passed_over, read_source
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
    (tmp_path / "cifar10").mkdir()
    for i in (1, 2, 4, 5):
        (tmp_path / f"cifar10/data_batch_{i}.bin").touch()
    _, missing = find_source(CIFAR10, tmp_path)
    assert "missing data_batch_3.bin, test_batch.bin (" in missing_message(CIFAR10, tmp_path, missing)


def test_a_truncated_archive_is_said_to_be_truncated(tmp_path: Path, mnist: DatasetDescriptor) -> None:
    _lay(tmp_path / "mnist", packed=True)
    path = tmp_path / f"mnist/{NAMES[0]}.gz"
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
    _lay(tmp_path / "mnist", packed=False)
    path = tmp_path / "mnist" / NAMES[3]
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(LayerhintError, match=r"is truncated: 507 bytes, expected 508; unpack it again"):
        read_source(find_source(mnist, tmp_path)[0])


def test_a_folder_in_place_of_a_file_is_not_the_file(tmp_path: Path, mnist: DatasetDescriptor) -> None:
    (tmp_path / f"{NAMES[0]}.gz").mkdir()
    found, missing = find_source(replace(mnist, archives=mnist.archives[:1]), tmp_path)
    assert not found
    assert len(missing) == 1


@pytest.fixture
def fashion(mnist: DatasetDescriptor) -> DatasetDescriptor:
    """A second data set in MNIST's format and under its file names: MNIST's sample, each image and label inverted."""
    archives = []
    for archive in mnist.archives:
        (member,) = archive.members
        own = _fashion(member.name)
        packed = gzip.compress(own, 0, mtime=0)
        archives.append(replace(archive, size=len(packed), md5=_md5(packed), members=(replace(member, md5=_md5(own)),)))
    facts = replace(mnist.facts, name="fashion", title="Fashion-MNIST")
    return replace(mnist, facts=facts, folder="FashionMNIST/raw", archives=tuple(archives))


def _fashion(name: str) -> bytes:
    content = gzip.decompress((SAMPLE_DIR / "mnist" / f"{name}.gz").read_bytes())
    header = 16 if "images" in name else 8
    most = 255 if "images" in name else 9
    return content[:header] + (most - np.frombuffer(content[header:], np.uint8)).tobytes()


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _lay_fashion(folder: Path, *, packed: bool) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        content = _fashion(name)
        (folder / f"{name}{'.gz' * packed}").write_bytes(gzip.compress(content, 0, mtime=0) if packed else content)


def test_files_of_another_data_set_with_the_same_names_are_not_taken(
    tmp_path: Path, mnist: DatasetDescriptor, fashion: DatasetDescriptor
) -> None:
    _lay(tmp_path, packed=True)
    assert not find_source(mnist, tmp_path)[1]
    found, missing = find_source(fashion, tmp_path)
    assert (found, missing) == ([], list(fashion.archives))
    reasons = passed_over(fashion, tmp_path, missing)
    assert len(reasons) == 4
    assert reasons[0].startswith(f"{tmp_path / NAMES[0]}.gz is not taken for Fashion-MNIST's, ")
    assert reasons[0].endswith(f"; Fashion-MNIST's own folder is {tmp_path / 'fashion'}")
    told = missing_message(fashion, tmp_path, missing)
    assert all(reason in told for reason in reasons)
    assert "delete" not in told


@pytest.mark.parametrize("packed", [True, False])
def test_two_data_sets_with_the_same_names_lie_side_by_side(
    tmp_path: Path, mnist: DatasetDescriptor, fashion: DatasetDescriptor, packed: bool
) -> None:
    _lay(tmp_path, packed=packed)
    _lay_fashion(tmp_path / "fashion", packed=packed)
    for descriptor, folder in ((mnist, tmp_path), (fashion, tmp_path / "fashion")):
        found, missing = find_source(descriptor, tmp_path)
        assert not missing
        assert [path.parent for item in found for path in item.paths] == [folder] * 4
        assert all(record.verified for record in read_source(found)[1])


def test_a_data_set_s_own_folder_goes_before_a_shared_one(tmp_path: Path, mnist: DatasetDescriptor) -> None:
    _lay(tmp_path, packed=True)
    _lay(tmp_path / "mnist", packed=True)
    found, _ = find_source(mnist, tmp_path)
    assert [item.paths[0].parent for item in found] == [tmp_path / "mnist"] * 4


def test_a_cut_off_file_in_a_shared_folder_is_said_not_to_be_the_data_set_s(
    tmp_path: Path, mnist: DatasetDescriptor
) -> None:
    _lay(tmp_path, packed=True)
    path = tmp_path / f"{NAMES[0]}.gz"
    path.write_bytes(path.read_bytes()[:1000])
    _, missing = find_source(mnist, tmp_path)
    assert passed_over(mnist, tmp_path, missing) == [
        f"{path} is not taken for MNIST's, which has {mnist.archives[0].size:,} bytes, not 1,000; "
        f"MNIST's own folder is {tmp_path / 'mnist'}"
    ]


def test_no_two_data_sets_claim_the_same_file() -> None:
    """A descriptor made from another one's keeps its checksums, unless each is replaced."""
    claims = Counter(file.md5 for d in DATASETS.values() for archive in d.archives for file in archive.forms)
    assert [md5 for md5, times in claims.items() if times > 1] == []
