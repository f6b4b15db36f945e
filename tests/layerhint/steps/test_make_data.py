"""What the plan says of a folder of images that no data set can be made of."""

import shutil
from pathlib import Path

import pytest
from fake_engine import FakeEngine
from image_folders import write_folder, write_protocol

from layerhint.datasets.make import make_dataset
from layerhint.errors import LayerhintError
from layerhint.experiments.protocol_dataset import dataset_of
from layerhint.experiments.protocol_file import read_protocol
from layerhint.steps.make_data import MakeData
from layerhint.steps.step import Context
from layerhint.steps.workspace import Workspace
from layerhint.watching.outlook import Outlook
from layerhint.watching.progress import Display


def planned(place: Path, train: int = 5, sample: bool = False) -> str | None:
    protocol = write_protocol(place / "protocols/insects.yaml", {"folder": "../images"}, {"train": train})
    step = MakeData("insects", dataset_of(read_protocol(protocol)), place / "data", sample)
    workspace = Workspace.in_folder(str(place / "run"), str(place / "data"))
    return step.why_not(Context(workspace, FakeEngine(None), Display(), {}, Outlook({})))


def test_a_folder_that_is_not_there_is_told_before_the_run(tmp_path: Path) -> None:
    with pytest.raises(LayerhintError, match=f"there is no folder {tmp_path}/images/train: the images are looked for"):
        planned(tmp_path)


def test_numbers_that_are_not_those_of_the_folder_are_told_before_the_run(tmp_path: Path) -> None:
    write_folder(tmp_path / "images")
    assert planned(tmp_path) == "not made yet"
    with pytest.raises(LayerhintError, match=r"not as the protocol of Insects says: write `images.train: 5`, not 6"):
        planned(tmp_path, train=6)
    assert planned(tmp_path, train=6, sample=True) == "not made yet", "the numbers are not a sample's"


def test_the_folder_of_a_data_set_that_is_made_may_be_gone(tmp_path: Path) -> None:
    write_folder(tmp_path / "images")
    planned(tmp_path)
    make_dataset(dataset_of(read_protocol(tmp_path / "protocols/insects.yaml")), tmp_path / "data")
    shutil.rmtree(tmp_path / "images")
    assert planned(tmp_path) == "not done yet"
