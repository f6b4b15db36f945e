"""Data sets made from end to end; the committed sample stands in for the publishers' files."""

import gzip
import hashlib
import json
import os
import shutil
from pathlib import Path

import lmdb
import numpy as np
import pytest

from layerhint.datasets import published as published_module
from layerhint.datasets.make import make_dataset, shuffled
from layerhint.datasets.manifest import read_manifest
from layerhint.datasets.publishers import DATASETS
from layerhint.datasets.publishers.descriptor import Archive
from layerhint.datasets.sample.manifest import SAMPLE_DIR
from layerhint.datasets.state import dataset_state
from layerhint.errors import LayerhintError
from torchcaffe.proto.caffe_pb2 import BlobProto, Datum

PRODUCTS = {
    "cifar10": {
        "train_lmdb",
        "test_lmdb",
        "mean_pixel_train.binaryproto",
        "mean_pixel_test.binaryproto",
        "mean_channel_train.binaryproto",
        "mean_channel_test.binaryproto",
    },
    "mnist": {"train_lmdb", "test_lmdb"},
}
PRODUCTS["cifar100"] = PRODUCTS["cifar10"]


def _data(folder: Path) -> tuple[list[bytes], np.ndarray, np.ndarray]:
    with lmdb.open(str(folder), readonly=True) as env, env.begin() as transaction:
        items = list(transaction.cursor())
    datums = [Datum.FromString(value) for _, value in items]
    first = datums[0]
    images = np.stack([np.frombuffer(d.data, np.uint8) for d in datums])
    shape = (-1, first.channels, first.height, first.width)
    return [key for key, _ in items], images.reshape(shape), np.array([d.label for d in datums])


def _blob(path: Path) -> np.ndarray:
    blob = BlobProto.FromString(path.read_bytes())
    return np.array(blob.data, np.float32).reshape(blob.num, blob.channels, blob.height, blob.width)[0]


def _mnist_images(name: str) -> np.ndarray:
    content = gzip.decompress((SAMPLE_DIR / "mnist" / name).read_bytes())
    return np.frombuffer(content, np.uint8, offset=16).reshape(-1, 1, 28, 28)


@pytest.mark.parametrize("name", ["cifar10", "cifar100"])
def test_cifar_is_padded_and_its_mean_leaves_a_border_of_zero(tmp_path: Path, name: str) -> None:
    manifest = make_dataset(name, tmp_path, sample=True)
    folder = tmp_path / name
    keys, images, labels = _data(folder / "train_lmdb")
    assert keys == [f"{i:08d}".encode() for i in range(1000)]
    assert images.shape == (1000, 3, 40, 40)
    assert np.bincount(labels).tolist() == [1000 // DATASETS[name].facts.classes] * DATASETS[name].facts.classes
    interior = images[:, :, 4:36, 4:36]
    assert int(images.sum(dtype=np.int64)) == int(interior.sum(dtype=np.int64))
    pixel, channel = interior.mean(axis=0), interior.mean(axis=(0, 2, 3))
    assert manifest.channel_mean == pytest.approx(channel.tolist())
    for kind, expected in (("pixel", pixel), ("channel", channel[:, None, None])):
        train = _blob(folder / f"mean_{kind}_train.binaryproto")
        test = _blob(folder / f"mean_{kind}_test.binaryproto")
        assert np.abs(train[:, 4:36, 4:36] - expected).max() < 1e-4
        assert np.array_equal(train[:, 4:36, 4:36], test)
        border = images[:3] - train
        border[:, :, 4:36, 4:36] = 0
        assert not border.any()
    assert _data(folder / "test_lmdb")[1].shape[1:] == (3, 32, 32)


def test_mnist_is_stored_as_published_but_shuffled(tmp_path: Path) -> None:
    make_dataset("mnist", tmp_path, sample=True)
    _, train, labels = _data(tmp_path / "mnist" / "train_lmdb")
    published = _mnist_images("train-images-idx3-ubyte.gz")
    assert np.array_equal(train, published[shuffled(2000, 1)])
    content = gzip.decompress((SAMPLE_DIR / "mnist/train-labels-idx1-ubyte.gz").read_bytes())
    assert np.array_equal(labels, np.frombuffer(content, np.uint8, offset=8)[shuffled(2000, 1)])
    _, test, _ = _data(tmp_path / "mnist" / "test_lmdb")
    assert np.array_equal(test, _mnist_images("t10k-images-idx3-ubyte.gz"))


def test_the_shuffle_is_a_permutation_that_numpy_keeps() -> None:
    order = shuffled(1000, 1)
    assert sorted(order.tolist()) == list(range(1000))
    # Both golden values were printed by numpy 1.26.4 and by numpy 2.4.6, which agree.
    assert np.random.PCG64(1).random_raw(3).tolist() == [
        9441442522235856127,
        17532960557476522086,
        2659275481604167885,
    ]
    whole = shuffled(50_000, 1).astype("<i8").tobytes()
    assert hashlib.sha256(whole).hexdigest() == "58d4e018633edeb3c0776afe7a3848f0e3455b8df37e392457888732a365cc4e"
    # The third draw is the smallest and the second the largest.
    assert shuffled(3, 1).tolist() == [2, 0, 1]
    assert not np.array_equal(order, shuffled(1000, 2))


@pytest.mark.parametrize("name", sorted(PRODUCTS))
def test_the_manifest_describes_every_product(tmp_path: Path, name: str) -> None:
    manifest = make_dataset(name, tmp_path, sample=True, seed=3)
    folder = tmp_path / name
    assert {p.name for p in folder.iterdir()} == PRODUCTS[name] | {"manifest.json"}
    assert {product.name for product in manifest.products} == PRODUCTS[name]
    assert read_manifest(folder) == manifest
    assert (manifest.dataset, manifest.sample, manifest.seed) == (name, True, 3)
    for product in manifest.products:
        path = folder / product.name
        if product.kind == "binaryproto":
            assert product.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
            assert product.size == path.stat().st_size
            continue
        with lmdb.open(str(path), readonly=True) as env, env.begin() as transaction:
            stream = b"".join(key + value for key, value in transaction.cursor())
        assert product.sha256 == hashlib.sha256(stream).hexdigest()
        assert product.records == {"train_lmdb": manifest.train_count, "test_lmdb": manifest.test_count}[path.name]


def test_the_same_seed_gives_the_same_content_and_another_seed_another(tmp_path: Path) -> None:
    first = make_dataset("mnist", tmp_path / "a", sample=True)
    again = make_dataset("mnist", tmp_path / "b", sample=True)
    other = make_dataset("mnist", tmp_path / "c", sample=True, seed=2)
    assert first.products == again.products
    (train, test), (other_train, other_test) = first.products, other.products
    assert (train.name, test.name) == ("train_lmdb", "test_lmdb")
    assert train.sha256 != other_train.sha256
    assert test.sha256 == other_test.sha256


def test_a_data_set_that_is_up_to_date_is_left_alone(tmp_path: Path, published: Path) -> None:
    make_dataset("mnist", tmp_path, published)
    before = (tmp_path / "mnist/train_lmdb/data.mdb").stat().st_ino
    assert dataset_state("mnist", tmp_path, published).up_to_date
    make_dataset("mnist", tmp_path, published)
    assert (tmp_path / "mnist/train_lmdb/data.mdb").stat().st_ino == before
    make_dataset("mnist", tmp_path, published, force=True)
    assert (tmp_path / "mnist/train_lmdb/data.mdb").stat().st_ino != before


def test_sources_that_are_gone_or_touched_do_not_matter_but_changed_ones_do(tmp_path: Path, published: Path) -> None:
    make_dataset("mnist", tmp_path, published)
    assert dataset_state("mnist", tmp_path).up_to_date
    labels = published / "mnist/t10k-labels-idx1-ubyte.gz"
    os.utime(labels, ns=(1, 1))
    assert dataset_state("mnist", tmp_path, published).up_to_date
    changed = bytearray(labels.read_bytes())
    changed[-1] ^= 1
    labels.write_bytes(changed)
    assert dataset_state("mnist", tmp_path, published).reason == f"{labels} is not the file it was made from"
    labels.unlink()
    state = dataset_state("mnist", tmp_path, published)
    assert (state.up_to_date, state.reason) == (False, f"t10k-labels-idx1-ubyte.gz is not in {published}")
    raw = published / "mnist/t10k-labels-idx1-ubyte"
    raw.write_bytes(bytes(508))
    assert dataset_state("mnist", tmp_path, published).reason == f"made from other files than those in {published}"


def test_the_state_says_why_not(tmp_path: Path, published: Path) -> None:
    assert dataset_state("mnist", tmp_path).reason == "not made yet"
    make_dataset("mnist", tmp_path, published)
    assert dataset_state("mnist", tmp_path, seed=2).reason == "shuffled with seed 1, not 2"
    assert dataset_state("mnist", tmp_path, sample=True).reason == "made from the whole data set"
    data = tmp_path / "mnist/test_lmdb/data.mdb"
    data.write_bytes(data.read_bytes() + b"\0")
    assert dataset_state("mnist", tmp_path).reason == "test_lmdb has changed"
    shutil.rmtree(tmp_path / "mnist/train_lmdb")
    assert dataset_state("mnist", tmp_path).reason == "train_lmdb is missing"
    path = tmp_path / "mnist/manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(json.dumps(manifest | {"format": 0}))
    assert dataset_state("mnist", tmp_path).reason == "made by version 0 of the converter, this is version 1"
    path.write_text(json.dumps(manifest | {"dataset": "cifar10"}))
    assert dataset_state("mnist", tmp_path).reason == "its manifest is that of cifar10"
    path.write_text("{")
    assert "manifest.json is damaged or of another version" in dataset_state("mnist", tmp_path).reason
    assert make_dataset("mnist", tmp_path, published).dataset == "mnist"
    assert dataset_state("mnist", tmp_path).up_to_date


def test_files_in_the_downloads_folder_need_no_network(tmp_path: Path, published: Path) -> None:
    (tmp_path / "out").mkdir()
    shutil.copytree(published, tmp_path / "out/downloads")
    assert make_dataset("cifar100", tmp_path / "out").train_count == 1000


def test_what_is_missing_is_downloaded(tmp_path: Path, published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def fetch(archive: Archive, folder: Path, progress: object) -> None:
        name = archive.name
        asked.append(name)
        assert folder == tmp_path / "downloads/mnist"
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(published / "mnist" / name, folder)

    monkeypatch.setattr(published_module, "download", fetch)
    (tmp_path / "downloads").mkdir()
    shutil.copy(published / "mnist/train-labels-idx1-ubyte.gz", tmp_path / "downloads")
    make_dataset("mnist", tmp_path)
    assert asked == ["train-images-idx3-ubyte.gz", "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"]


def test_a_download_that_fails_says_why_a_file_of_that_name_was_not_taken(
    tmp_path: Path, published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(archive: Archive, folder: Path, progress: object) -> None:
        raise LayerhintError(f"cannot download {archive.name}")

    monkeypatch.setattr(published_module, "download", fail)
    laid = tmp_path / "downloads/train-images-idx3-ubyte.gz"
    laid.parent.mkdir()
    laid.write_bytes(b"another's")
    with pytest.raises(LayerhintError, match=rf"^cannot download {laid.name}; {laid} is not taken for MNIST's, which"):
        make_dataset("mnist", tmp_path)
    assert laid.read_bytes() == b"another's"
