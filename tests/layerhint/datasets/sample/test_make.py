"""The committed sample and how it is made."""

import gzip
import hashlib
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from layerhint.datasets.publishers import DATASETS
from layerhint.datasets.publishers.source import find_source, read_source
from layerhint.datasets.sample.__main__ import main
from layerhint.datasets.sample.make import first_per_class, make_sample
from layerhint.datasets.sample.manifest import SAMPLE_DIR, SampleManifest, sample_descriptor
from layerhint.errors import LayerhintError
from layerhint.run_command import run_command


def _manifest() -> SampleManifest:
    return SampleManifest.model_validate_json((SAMPLE_DIR / "manifest.json").read_bytes())


def test_the_sample_is_small() -> None:
    size = sum(path.stat().st_size for path in SAMPLE_DIR.rglob("*") if path.is_file())
    assert size < 7.5 * 2**20


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


def test_a_sample_of_the_sample_holds_its_first_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("cifar100", "mnist"):
        monkeypatch.setitem(DATASETS, name, sample_descriptor(DATASETS[name], SAMPLE_DIR))
    counts = {"cifar100": {"train": 2, "test": 1}, "mnist": {"train": 3, "test": 1}}
    made = make_sample(SAMPLE_DIR, tmp_path, counts)  # type: ignore[arg-type]
    assert (made.datasets["cifar100"].train_count, made.datasets["cifar100"].test_count) == (200, 100)
    assert (made.datasets["mnist"].train_count, made.datasets["mnist"].test_count) == (30, 10)
    small = sample_descriptor(DATASETS["mnist"], tmp_path)
    contents, _ = read_source(find_source(small, tmp_path)[0])
    decoded = small.decode(small, contents)
    images = gzip.decompress((SAMPLE_DIR / "mnist/train-images-idx3-ubyte.gz").read_bytes())
    # The first image of a file is always among the first three of its class.
    assert decoded.train.images[0].tobytes() == images[16 : 16 + 784]
    assert np.bincount(decoded.train.labels).tolist() == [3] * 10
    again = make_sample(SAMPLE_DIR, tmp_path / "again", counts)  # type: ignore[arg-type]
    assert again == made


def test_the_archives_look_like_the_publishers(tmp_path: Path) -> None:
    content = gzip.decompress((SAMPLE_DIR / "cifar100/cifar-100-binary.tar.gz").read_bytes())
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        assert [(entry.name, entry.size) for entry in tar] == [
            ("cifar-100-binary/train.bin", 1000 * 3074),
            ("cifar-100-binary/test.bin", 200 * 3074),
        ]


def test_a_sample_folder_that_is_damaged_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"rule": "none", "datasets": {}}')
    with pytest.raises(LayerhintError, match="is not the manifest of a sample with MNIST"):
        sample_descriptor(DATASETS["mnist"], tmp_path)


def test_the_command_says_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(main, ["--source", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert capsys.readouterr().err.startswith("error: CIFAR-10 is not complete in")
