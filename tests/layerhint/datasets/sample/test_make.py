"""The committed sample and how it is made."""

import gzip
import hashlib
import io
import shutil
import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from layerhint.datasets.publishers import DATASETS
from layerhint.datasets.publishers.descriptor import DatasetDescriptor
from layerhint.datasets.publishers.first_per_class import first_per_class
from layerhint.datasets.publishers.source import find_source, read_source
from layerhint.datasets.sample.__main__ import main
from layerhint.datasets.sample.make import make_sample
from layerhint.datasets.sample.manifest import SAMPLE_DIR, SampleManifest, read_sample, sample_descriptor
from layerhint.errors import LayerhintError
from layerhint.run_command import run_command


def _manifest() -> SampleManifest:
    return read_sample(SAMPLE_DIR)


def test_the_sample_of_each_data_set_is_small() -> None:
    for name in _manifest().datasets:
        assert sum(path.stat().st_size for path in (SAMPLE_DIR / name).iterdir()) < 3.75 * 2**20, name


def test_every_committed_file_is_in_the_manifest_with_its_checksums() -> None:
    listed = {}
    for name, sampled in _manifest().datasets.items():
        for archive_name, archive in sampled.archives.items():
            content = (SAMPLE_DIR / name / archive_name).read_bytes()
            assert len(content) == archive.size
            assert hashlib.sha256(content).hexdigest() == archive.sha256
            listed[SAMPLE_DIR / name / archive_name] = archive
    assert {p for p in SAMPLE_DIR.rglob("*") if p.is_file()} == {*listed, SAMPLE_DIR / "manifest.json"}
    cifar = listed[SAMPLE_DIR / "cifar10/cifar-10-binary.tar.gz"]
    with tarfile.open(SAMPLE_DIR / "cifar10/cifar-10-binary.tar.gz") as tar:
        for name, member in cifar.members.items():
            stream = tar.extractfile(f"cifar-10-batches-bin/{name}")
            assert stream is not None
            assert hashlib.sha256(stream.read()).hexdigest() == member.sha256


@pytest.mark.parametrize(("name", "train", "test"), [("cifar10", 100, 30), ("cifar100", 10, 2), ("mnist", 200, 50)])
def test_classes_are_balanced(name: str, train: int, test: int) -> None:
    descriptor = sample_descriptor(DATASETS[name], SAMPLE_DIR)
    contents, _ = read_source(find_source(descriptor, SAMPLE_DIR)[0])
    decoded = descriptor.decode(descriptor, contents)
    assert np.bincount(decoded.train.labels).tolist() == [train] * descriptor.facts.classes
    assert np.bincount(decoded.test.labels).tolist() == [test] * descriptor.facts.classes


def test_images_are_real() -> None:
    # No image is constant, and no two training images are equal.
    descriptor = sample_descriptor(DATASETS["cifar10"], SAMPLE_DIR)
    contents, _ = read_source(find_source(descriptor, SAMPLE_DIR)[0])
    images = descriptor.decode(descriptor, contents).train.images
    assert images.std(axis=(1, 2, 3)).min() > 5
    assert len({image.tobytes() for image in images}) == 1000


def test_first_per_class_keeps_the_files_order() -> None:
    labels = np.array([2, 0, 0, 1, 2, 0, 1, 2], np.uint8)
    assert first_per_class(labels, 2, 3).tolist() == [0, 1, 2, 3, 4, 6]
    with pytest.raises(LayerhintError, match="class 1 has 2 images, expected at least 3"):
        first_per_class(labels, 3, 3)


@pytest.fixture
def as_published(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sample's files count as the publishers'."""
    for name in _manifest().datasets:
        monkeypatch.setitem(DATASETS, name, sample_descriptor(DATASETS[name], SAMPLE_DIR))


def _keeping(name: str, train: int, test: int) -> DatasetDescriptor:
    """A data set with another number of images of each class in its sample."""
    rule = DATASETS[name].sample
    assert rule is not None
    return replace(DATASETS[name], sample=replace(rule, per_class={"train": train, "test": test}))


def test_a_sample_of_the_sample_holds_its_first_images(
    tmp_path: Path, as_published: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(DATASETS, "cifar100", _keeping("cifar100", 2, 1))
    monkeypatch.setitem(DATASETS, "mnist", _keeping("mnist", 3, 1))
    made = make_sample(SAMPLE_DIR, tmp_path, ["cifar100", "mnist"])
    assert (made.datasets["cifar100"].train_count, made.datasets["cifar100"].test_count) == (200, 100)
    assert (made.datasets["mnist"].train_count, made.datasets["mnist"].test_count) == (30, 10)
    small = sample_descriptor(DATASETS["mnist"], tmp_path)
    contents, _ = read_source(find_source(small, tmp_path)[0])
    decoded = small.decode(small, contents)
    images = gzip.decompress((SAMPLE_DIR / "mnist/train-images-idx3-ubyte.gz").read_bytes())
    # The first image of a file is always among the first three of its class.
    assert decoded.train.images[0].tobytes() == images[16 : 16 + 784]
    assert np.bincount(decoded.train.labels).tolist() == [3] * 10
    assert make_sample(SAMPLE_DIR, tmp_path / "again", ["cifar100", "mnist"]) == made


def test_the_committed_sample_is_what_each_data_set_s_rule_keeps(tmp_path: Path, as_published: None) -> None:
    """Of the sample the same rule keeps all; how gzip packs it depends on the zlib, what is packed does not."""
    committed = _manifest()
    made = make_sample(SAMPLE_DIR, tmp_path, committed.datasets)
    assert made.rule == committed.rule
    assert list(made.datasets) == list(committed.datasets)
    for name, sampled in committed.datasets.items():
        again = made.datasets[name]
        assert (again.train_count, again.test_count) == (sampled.train_count, sampled.test_count)
        for archive, what in sampled.archives.items():
            assert again.archives[archive].members == what.members


def test_one_data_set_is_added_to_a_sample_that_is_there(
    tmp_path: Path, as_published: None, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = Path(shutil.copytree(SAMPLE_DIR, tmp_path / "sample"))
    monkeypatch.setitem(DATASETS, "mnist", _keeping("mnist", 3, 1))
    command = ["--source", str(SAMPLE_DIR), "--out", str(out), "--only", "mnist"]
    assert run_command(main, command) == 0
    assert capsys.readouterr().out.startswith("mnist: 30 + 10 images, ")
    after, before = read_sample(out).datasets, _manifest().datasets
    assert list(after) == list(before)
    assert {name for name in before if after[name] != before[name]} == {"mnist"}
    assert (out / "cifar10/cifar-10-binary.tar.gz").read_bytes() == (
        SAMPLE_DIR / "cifar10/cifar-10-binary.tar.gz"
    ).read_bytes()


def test_a_data_set_without_a_rule_has_no_sample(
    tmp_path: Path, as_published: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(DATASETS, "mnist", replace(DATASETS["mnist"], sample=None))
    with pytest.raises(LayerhintError, match=r"^MNIST has no rule for a sample: give its descriptor a `sample`"):
        make_sample(SAMPLE_DIR, tmp_path, ["mnist"])


def test_the_archives_look_like_the_publishers(tmp_path: Path) -> None:
    content = gzip.decompress((SAMPLE_DIR / "cifar100/cifar-100-binary.tar.gz").read_bytes())
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        assert [(entry.name, entry.size) for entry in tar] == [
            ("cifar-100-binary/train.bin", 1000 * 3074),
            ("cifar-100-binary/test.bin", 200 * 3074),
        ]


def test_a_sample_folder_that_is_damaged_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_text('{"rule": "none"}')
    with pytest.raises(LayerhintError, match="is not the manifest of a sample; restore data/sample"):
        sample_descriptor(DATASETS["mnist"], tmp_path)
    path.write_text('{"rule": "none", "datasets": {"mnist": {"train_count": 1, "test_count": 1, "archives": {}}}}')
    with pytest.raises(LayerhintError, match=r"does not list MNIST's file 'train-images-idx3-ubyte.gz'; restore"):
        sample_descriptor(DATASETS["mnist"], tmp_path)


def test_a_data_set_that_the_sample_lacks_is_said_to_be_lacking() -> None:
    other = replace(DATASETS["mnist"], facts=replace(DATASETS["mnist"].facts, name="other", title="Others"))
    told = rf"data/sample holds no Others, but {', '.join(_manifest().datasets)}; .* --only other` adds it$"
    with pytest.raises(LayerhintError, match=told):
        sample_descriptor(other, SAMPLE_DIR)


def test_the_command_says_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(main, ["--source", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err.startswith("error: CIFAR-10 is not complete in")
