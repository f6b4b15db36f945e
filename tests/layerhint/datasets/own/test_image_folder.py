"""Data sets of one's own: folders of images to LMDBs and means, what is recorded of them, and what is refused."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lmdb
import numpy as np
import pytest
from image_folders import COUNTS, SIZE, pixels, save, write_protocol

from layerhint.commands import make_data
from layerhint.datasets.make import make_dataset
from layerhint.datasets.own.image_folder import ImageFolder
from layerhint.datasets.state import dataset_state
from layerhint.errors import LayerhintError
from layerhint.run_command import run_command
from torchcaffe.proto.caffe_pb2 import BlobProto, Datum

Insects = Callable[..., ImageFolder]


def read(folder: Path) -> list[tuple[np.ndarray, int]]:
    with lmdb.open(str(folder), readonly=True) as env, env.begin() as transaction:
        datums = [Datum.FromString(value) for _, value in transaction.cursor()]
    return [(np.frombuffer(d.data, np.uint8).reshape(d.channels, d.height, d.width), d.label) for d in datums]


def mean_of(path: Path) -> np.ndarray:
    blob = BlobProto.FromString(path.read_bytes())
    return np.array(blob.data, np.float32).reshape(blob.channels, blob.height, blob.width)


def test_every_image_is_there_once_under_its_class(tmp_path: Path, insects: Insects) -> None:
    manifest = make_dataset(insects(tmp_path), tmp_path / "data")
    folder = tmp_path / "data/insects"
    tests = [(pixels("test", "ant", 0), 0), (pixels("test", "bee", 0), 1), (pixels("test", "bee", 1), 1)]
    for (found, label), (image, expected) in zip(read(folder / "test_lmdb"), tests, strict=True):
        assert np.array_equal(found, image)
        assert label == expected
    expected_train = {
        (pixels("train", label, i).tobytes(), number)
        for number, (label, count) in enumerate(COUNTS["train"].items())
        for i in range(count)
    }
    train = read(folder / "train_lmdb")
    assert {(image[:, 2:-2, 2:-2].tobytes(), label) for image, label in train} == expected_train
    assert all(image.shape == (3, SIZE + 4, SIZE + 4) and image[:, :2].max() == 0 for image, _ in train)
    assert (manifest.train_count, manifest.test_count, manifest.classes) == (5, 3, 2)
    assert manifest.folder is not None
    assert (manifest.folder.labels, manifest.folder.files) == (("ant", "bee"), 8)


def test_means_are_those_of_the_training_images(tmp_path: Path, insects: Insects) -> None:
    make_dataset(insects(tmp_path), tmp_path / "data")
    images = [pixels("train", label, i) for label, count in COUNTS["train"].items() for i in range(count)]
    mean = np.mean(images, axis=0)
    assert np.abs(mean_of(tmp_path / "data/insects/mean_pixel_test.binaryproto") - mean).max() < 1e-4
    padded = mean_of(tmp_path / "data/insects/mean_pixel_train.binaryproto")
    assert padded[:, :2].max() == 0
    assert np.abs(padded[:, 2:-2, 2:-2] - mean).max() < 1e-4


def test_given_means_take_their_place(tmp_path: Path, insects: Insects) -> None:
    make_dataset(insects(tmp_path, {"mean": [104.0, 117.0, 123.0], "order": "bgr"}), tmp_path / "data")
    for kind in ("pixel", "channel"):
        mean = mean_of(tmp_path / f"data/insects/mean_{kind}_test.binaryproto")
        assert mean.shape == (3, SIZE, SIZE)
        assert (mean == np.array([104, 117, 123])[:, None, None]).all()
    image, _ = read(tmp_path / "data/insects/test_lmdb")[0]
    assert np.array_equal(image, pixels("test", "ant", 0)[::-1])


def test_no_mean_files_where_none_is_subtracted(tmp_path: Path, insects: Insects) -> None:
    manifest = make_dataset(insects(tmp_path, images={"subtract_mean": False}), tmp_path / "data")
    assert [product.name for product in manifest.products] == ["train_lmdb", "test_lmdb"]


def test_the_sample_is_the_first_images_of_each_class(tmp_path: Path, insects: Insects) -> None:
    for number in range(30):
        (tmp_path / "images/train/ant").mkdir(parents=True, exist_ok=True)
        save(tmp_path / f"images/train/ant/{number:02d}.png", pixels("train", "ant", number))
    for split, label, count in (("train", "bee", 3), ("test", "ant", 12)):
        (tmp_path / "images" / split / label).mkdir(parents=True)
        for number in range(count):
            save(tmp_path / f"images/{split}/{label}/{number:02d}.png", pixels(split, label, number))
    folder = insects(tmp_path)
    manifest = make_dataset(folder, tmp_path / "data", sample=True)
    assert (manifest.train_count, manifest.test_count, manifest.sample) == (20 + 3, 10, True)
    kept = {image[:, 2:-2, 2:-2].tobytes() for image, label in read(tmp_path / "data/insects/train_lmdb") if label == 0}
    assert kept == {pixels("train", "ant", number).tobytes() for number in range(20)}
    assert dataset_state(folder, tmp_path / "data", sample=True).up_to_date


def test_numbers_that_the_protocol_states_are_checked(tmp_path: Path, insects: Insects) -> None:
    folder = insects(tmp_path, classes=4, images={"train": 6, "test": 3})
    with pytest.raises(
        LayerhintError,
        match=r"images is not as the protocol of Insects says: write `classes: 2`, not 4; `images.train: 5`, not 6$",
    ):
        make_dataset(folder, tmp_path / "data")
    assert not (tmp_path / "data/insects").exists()


def _absent(images: Path) -> None:
    shutil.rmtree(images)


def _no_test(images: Path) -> None:
    shutil.rmtree(images / "test")


def _no_classes(images: Path) -> None:
    shutil.rmtree(images / "train")
    (images / "train").mkdir()


def _class_only_in_test(images: Path) -> None:
    (images / "train/bee").rename(images / "train/cow")


def _empty_class(images: Path) -> None:
    (images / "train/cow").mkdir()


def _nothing_to_test(images: Path) -> None:
    for label in ("ant", "bee"):
        shutil.rmtree(images / "test" / label)
        (images / "test" / label).mkdir()


def _file_beside(images: Path) -> None:
    (images / "train/labels.txt").write_text("0 ant")


def _folder_inside(images: Path) -> None:
    (images / "train/ant/more").mkdir()


def _no_image(images: Path) -> None:
    (images / "test/bee/1.png").write_bytes(b"thumbs")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (_absent, r"there is no folder .*images/train: the images are looked for in train/<class>/ and test/<class>/"),
        (_no_test, r"there is no folder .*images/test"),
        (_no_classes, r"images/train has no folders: put the images there, in a folder for each class"),
        (_class_only_in_test, r"images/test has the classes bee, of which .*train has no images: name the classes"),
        (_empty_class, r"images/train has no images in cow: put some there, or take it away"),
        (_nothing_to_test, r"images/test has no images: put some there"),
        (_file_beside, r"labels\.txt lies beside the classes' folders: put it into one, or take it away"),
        (_folder_inside, r"train/ant/more is no file: the images of a class lie in its folder itself"),
        (_no_image, r"test/bee/1\.png cannot be read as an image"),
    ],
)
def test_a_folder_that_is_not_as_it_should_be(tmp_path: Path, spoil: Any, message: str, insects: Insects) -> None:
    folder = insects(tmp_path)
    spoil(tmp_path / "images")
    with pytest.raises(LayerhintError, match=message):
        make_dataset(folder, tmp_path / "data")
    assert not (tmp_path / "data/insects").exists()


def test_hidden_files_are_passed_over(tmp_path: Path, insects: Insects) -> None:
    folder = insects(tmp_path)
    (tmp_path / "images/train/.DS_Store").write_bytes(b"x")
    (tmp_path / "images/test/ant/._0.png").write_bytes(b"x")
    assert make_dataset(folder, tmp_path / "data").train_count == 5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dataset": "cifar10"}, r"dataset 'cifar10' is the paper's; a folder of images takes another name"),
        ({"images": {"channels": 2}}, r"images.channels 2: the images of a folder have 1 or 3"),
        ({"source": {"folder": ".", "mean": [1.0]}}, r"source.mean has 1 numbers for images of 3 channels"),
        (
            {"source": {"folder": ".", "mean": [1.0, 2.0, 3.0]}, "images": {"subtract_mean": False}},
            r"source.mean is to be subtracted, but images.subtract_mean is false",
        ),
        (
            {"source": {"folder": ".", "fit": "squash"}},
            r"`source.fit`: unknown value 'squash'; known: crop, stretch, none",
        ),
        ({"images": {"size": 33}}, r"`images.size`: 33: expected a multiple of 4, since stages 2 and 3"),
        ({"source": {"folder": ".", "oder": "bgr"}}, r"unknown key `source.oder`; did you mean 'order'"),
    ],
)
def test_a_protocol_that_cannot_be(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(LayerhintError, match=message):
        write_protocol(tmp_path / "own.yaml", **({"source": {"folder": "."}} | changes))


def test_the_command_makes_it_and_names_the_classes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], insects: Insects
) -> None:
    insects(tmp_path)
    command = [str(tmp_path / "protocols/insects.yaml"), "--out", str(tmp_path / "data")]
    assert run_command(make_data.main, command) == 0
    said = capsys.readouterr().out
    assert "insects: 5 training and 3 test images in" in said
    assert f"classes of {tmp_path}/images: 0 ant, 1 bee" in said
    assert run_command(make_data.main, command) == 0
    assert "insects: up to date in" in capsys.readouterr().out
    assert run_command(make_data.main, [*command, "--source", str(tmp_path)]) == 1
    assert "insects is made from" in capsys.readouterr().err
