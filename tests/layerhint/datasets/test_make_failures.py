"""What making a data set leaves when it is interrupted, fails or is asked for something wrong."""

import errno
import shutil
from pathlib import Path

import lmdb
import pytest

from layerhint.datasets import make
from layerhint.datasets.make import make_dataset
from layerhint.datasets.manifest import DatasetManifest, read_manifest
from layerhint.datasets.publishers import DATASETS
from layerhint.datasets.state import dataset_state
from layerhint.datasets.workspace import workspace
from layerhint.errors import LayerhintError

MADE = {"train_lmdb", "test_lmdb", "manifest.json"}


@pytest.mark.parametrize("task", ["write train_lmdb", "write test_lmdb"])
def test_an_interruption_leaves_what_was_there(tmp_path: Path, published: Path, task: str) -> None:
    def interrupt(now: str, done: int, total: int, unit: str, /) -> None:
        if now == task:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_dataset("mnist", tmp_path, published, progress=interrupt)
    assert not (tmp_path / "mnist").exists()
    manifest = make_dataset("mnist", tmp_path, published)
    with pytest.raises(KeyboardInterrupt):
        make_dataset("mnist", tmp_path, published, seed=2, progress=interrupt)
    assert dataset_state("mnist", tmp_path, published).manifest == manifest
    assert dataset_state("mnist", tmp_path, published).up_to_date


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    left = tmp_path / "mnist/.partial-abc"
    left.mkdir(parents=True)
    (left / "data.mdb").write_bytes(b"half")
    make_dataset("mnist", tmp_path, sample=True)
    assert {p.name for p in (tmp_path / "mnist").iterdir()} == MADE
    left.mkdir()  # Killed after all was in its place.
    make_dataset("mnist", tmp_path, sample=True)
    assert {p.name for p in (tmp_path / "mnist").iterdir()} == MADE


def test_two_runs_do_not_work_in_one_folder(tmp_path: Path) -> None:
    with (
        workspace(tmp_path / "mnist"),
        pytest.raises(LayerhintError, match=r"another process is making .*mnist: wait"),
    ):
        make_dataset("mnist", tmp_path, sample=True)


def test_other_peoples_files_stay(tmp_path: Path) -> None:
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist/notes.txt").write_text("mine")
    make_dataset("mnist", tmp_path, sample=True)
    make_dataset("mnist", tmp_path, sample=True, seed=2)
    assert (tmp_path / "mnist/notes.txt").read_text() == "mine"


def test_the_sample_does_not_replace_the_whole_set_unasked(tmp_path: Path, published: Path) -> None:
    make_dataset("mnist", tmp_path, published)
    with pytest.raises(LayerhintError, match=r"holds the whole of MNIST.*--force"):
        make_dataset("mnist", tmp_path, sample=True)
    assert not dataset_state("mnist", tmp_path, published).manifest.sample  # type: ignore[union-attr]
    assert make_dataset("mnist", tmp_path, sample=True, force=True).sample


def test_a_damaged_source_leaves_the_old_data_set(tmp_path: Path, published: Path) -> None:
    old = make_dataset("mnist", tmp_path, published)
    (published / "mnist/train-images-idx3-ubyte.gz").write_bytes(b"short")
    with pytest.raises(LayerhintError, match="is truncated: 5 bytes"):
        make_dataset("mnist", tmp_path, published)
    assert read_manifest(tmp_path / "mnist") == old


def test_too_little_space_is_said_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=5 << 20)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)
    # 1000 images of two pages and 300 of one, 2 % more and 16 pages for each LMDB: 2378 pages of 4 KiB, 9.3 MiB.
    with pytest.raises(LayerhintError, match="has 5 MiB of free space, CIFAR-10 needs 9 MiB more"):
        make_dataset("cifar10", tmp_path, sample=True)
    assert not (tmp_path / "cifar10").exists()


@pytest.mark.parametrize(
    "fault",
    [OSError(errno.ENOSPC, "No space left on device"), lmdb.DiskError("mdb_txn_commit: No space left on device")],
)
def test_a_disk_that_fills_up_is_one_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    def fail(*_: object, **__: object) -> DatasetManifest:
        raise fault

    monkeypatch.setattr(make, "write_lmdb", fail)
    with pytest.raises(LayerhintError, match="no space is left on the device"):
        make_dataset("mnist", tmp_path, sample=True)
    assert not (tmp_path / "mnist").exists()


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LayerhintError, match=r"cannot write in .*file: Not a directory; .*--out"):
        make_dataset("mnist", tmp_path / "file", sample=True)


def test_wrong_arguments_are_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(LayerhintError, match=r"unknown data set 'cifar1O'; did you mean 'cifar10'\?$"):
        make_dataset("cifar1O", tmp_path)
    with pytest.raises(LayerhintError, match=f"known: {', '.join(DATASETS)}"):
        make_dataset("imagenet", tmp_path)
    with pytest.raises(LayerhintError, match="the seed is -1"):
        make_dataset("mnist", tmp_path, sample=True, seed=-1)
    with pytest.raises(LayerhintError, match="absent: name the folder that holds MNIST's files"):
        make_dataset("mnist", tmp_path, tmp_path / "absent")
    with pytest.raises(LayerhintError, match=r"the sample's .*manifest\.json cannot be read"):
        make_dataset("mnist", tmp_path, tmp_path, sample=True)
