"""Data sets of one's own that are made already: when they are made again, and when that is refused."""

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from image_folders import pixels, save

from layerhint.commands import make_data
from layerhint.datasets.make import make_dataset
from layerhint.datasets.own.image_folder import ImageFolder
from layerhint.datasets.state import dataset_state
from layerhint.errors import LayerhintError
from layerhint.run_command import run_command

Insects = Callable[..., ImageFolder]


def test_it_is_made_again_only_if_something_has_changed(tmp_path: Path, insects: Insects) -> None:
    folder = insects(tmp_path)
    out, image = tmp_path / "data", tmp_path / "images/test/bee/1.png"
    assert dataset_state(folder, out).reason == "not made yet"
    make_dataset(folder, out)
    assert dataset_state(folder, out).up_to_date
    os.utime(image, (1, 1))
    assert dataset_state(folder, out).up_to_date, "another date, the same bytes"
    save(image, pixels("test", "bee", 7))
    assert dataset_state(folder, out).reason == f"the files in {tmp_path}/images have changed"
    make_dataset(folder, out)
    save(tmp_path / "images/train/bee/9.png", pixels("train", "bee", 9))
    assert "are not those that it was made from" in dataset_state(folder, out).reason
    (tmp_path / "images/train/bee/9.png").unlink()
    for source, images, reason in (
        ({"fit": "stretch"}, {}, "made with fit crop, not stretch"),
        ({"order": "bgr"}, {}, "made with order rgb, not bgr"),
        ({"mean": [1.0, 2.0, 3.0]}, {}, "made with mean of the images, not 1.0, 2.0, 3.0"),
        ({}, {"size": 12}, "made with size 8, not 12"),
        ({}, {"pad": 0}, "made with pad 2, not 0"),
        ({}, {"subtract_mean": False}, "made with has_mean yes, not no"),
    ):
        assert dataset_state(insects(tmp_path, source, images=images), out).reason == reason
    shutil.rmtree(tmp_path / "images")
    assert dataset_state(folder, out).up_to_date, "the images are no longer needed"


@pytest.mark.parametrize("gone", [False, True])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"classes": 5}, "`classes: 2`, not 5"),
        ({"images": {"train": 4, "test": 100}}, "`images.train: 5`, not 4; `images.test: 3`, not 100"),
    ],
)
def test_numbers_that_are_no_longer_right_are_refused(
    tmp_path: Path, insects: Insects, changes: dict[str, Any], message: str, gone: bool
) -> None:
    out = tmp_path / "data"
    make_dataset(insects(tmp_path), out)
    changed = insects(tmp_path, **changes)
    if gone:
        shutil.rmtree(tmp_path / "images")
    for ask in (dataset_state, make_dataset):
        with pytest.raises(LayerhintError) as caught:
            ask(changed, out)
        assert str(caught.value) == f"{tmp_path}/images is not as the protocol of Insects says: write {message}"


def test_the_command_says_what_to_write(tmp_path: Path, insects: Insects, capsys: pytest.CaptureFixture[str]) -> None:
    command = [str(tmp_path / "protocols/insects.yaml"), "--out", str(tmp_path / "data")]
    make_dataset(insects(tmp_path), tmp_path / "data")
    insects(tmp_path, images={"test": 100})
    assert run_command(make_data.main, command) == 1
    said = capsys.readouterr()
    assert "up to date" not in said.out
    assert "write `images.test: 3`, not 100" in said.err


def test_of_a_sample_only_the_classes_are_held_to_the_protocol(tmp_path: Path, insects: Insects) -> None:
    out = tmp_path / "data"
    make_dataset(insects(tmp_path), out, sample=True)
    assert dataset_state(insects(tmp_path, images={"train": 7, "test": 100}), out, sample=True).up_to_date
    with pytest.raises(LayerhintError, match=r"write `classes: 2`, not 5$"):
        dataset_state(insects(tmp_path, classes=5), out, sample=True)


def test_another_folder_that_is_not_there_is_refused(tmp_path: Path, insects: Insects) -> None:
    out = tmp_path / "data"
    make_dataset(insects(tmp_path), out)
    mistyped = insects(tmp_path, {"folder": "../imagse"})
    assert dataset_state(mistyped, out).reason == f"made from {tmp_path}/images, not {tmp_path}/imagse"
    with pytest.raises(LayerhintError, match=r"there is no folder .*/imagse/train"):
        make_dataset(mistyped, out)


def test_a_clone_that_was_moved_needs_its_images_no_more(tmp_path: Path, insects: Insects) -> None:
    make_dataset(insects(tmp_path / "here"), tmp_path / "here/data")
    (tmp_path / "here").rename(tmp_path / "there")
    out = tmp_path / "there/data"
    moved = insects(tmp_path / "there")
    assert dataset_state(moved, out).up_to_date
    shutil.rmtree(tmp_path / "there/images")
    assert dataset_state(moved, out).up_to_date
    # Manifests of before know the folder by its whole path alone.
    manifest = json.loads((out / "insects/manifest.json").read_text())
    assert manifest["folder"].pop("from_out") == "../images"
    (out / "insects/manifest.json").write_text(json.dumps(manifest))
    assert dataset_state(moved, out).reason == f"made from {tmp_path}/here/images, not {tmp_path}/there/images"


def refuse(monkeypatch: pytest.MonkeyPatch, method: str, path: Path) -> None:
    """Has a path's method refused, as a user who is not root would find it."""
    real = getattr(Path, method)

    def refused(self: Path, *given: Any, **options: Any) -> Any:
        if self == path:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))
        return real(self, *given, **options)

    monkeypatch.setattr(Path, method, refused)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, insects: Insects, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, image = insects(tmp_path), tmp_path / "images/test/bee/1.png"
    make_dataset(folder, tmp_path / "made")
    os.utime(image, (1, 1))  # So that its bytes are looked at.
    refuse(monkeypatch, "open", image)
    for ask, out in ((make_dataset, "new"), (make_dataset, "made"), (dataset_state, "made")):
        with pytest.raises(LayerhintError, match=r"^cannot read .*/images/test/bee/1\.png: Permission denied$"):
            ask(folder, tmp_path / out)


def test_a_folder_that_cannot_be_looked_at_is_named(
    tmp_path: Path, insects: Insects, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = insects(tmp_path)
    make_dataset(folder, tmp_path / "data")
    refuse(monkeypatch, "is_dir", tmp_path / "images")
    with pytest.raises(LayerhintError, match=r"^cannot read .*/images: Permission denied$"):
        dataset_state(folder, tmp_path / "data")


def test_a_file_may_have_any_name(tmp_path: Path, insects: Insects) -> None:
    folder = insects(tmp_path, images={"train": 6})
    latin = tmp_path / "images/train/ant" / os.fsdecode(b"caf\xe9.png")
    save(tmp_path / "images/train/ant/9.png", pixels("train", "ant", 9)).rename(latin)
    make_dataset(folder, tmp_path / "data")
    assert dataset_state(folder, tmp_path / "data").up_to_date
    latin.rename(latin.with_name(os.fsdecode(b"caf\xea.png")))
    assert dataset_state(folder, tmp_path / "data").reason == f"the files in {tmp_path}/images have changed"


def test_a_class_has_a_name_in_utf_8(tmp_path: Path, insects: Insects) -> None:
    folder = insects(tmp_path)
    (tmp_path / "images/train/ant").rename(tmp_path / "images/train" / os.fsdecode(b"caf\xe9"))
    with pytest.raises(LayerhintError, match=r"^the name of the folder .*/train/caf\\xe9 is not UTF-8: rename it$"):
        make_dataset(folder, tmp_path / "data")


def test_the_hash_of_what_is_in_the_folder(tmp_path: Path, insects: Insects) -> None:
    """Should it change, what is made already would be told to have changed."""
    folder, images = insects(tmp_path), tmp_path / "images"
    (images / "test/bee/1.png").rename(images / "test/bee/ü.png")
    record = make_dataset(folder, tmp_path / "data").folder
    assert record is not None
    files = [path for split in ("train", "test") for path in sorted((images / split).glob("*/*"))]
    named = [(f"{path.relative_to(images).as_posix()}\0".encode(), path) for path in files]
    content = b"".join(name + hashlib.sha256(path.read_bytes()).digest() for name, path in named)
    listing = b"".join(name + f"{p.stat().st_size} {p.stat().st_mtime_ns}\0".encode() for name, p in named)
    assert record.content == hashlib.sha256(content).hexdigest()
    assert record.listing == hashlib.sha256(listing).hexdigest()
