"""Sample images, from the LMDB by way of the record to the report's sheet."""

from pathlib import Path

import pytest
from fake_engine import FakeEngine
from image_folders import COUNTS, write_folder, write_protocol

from layerhint.datasets.make import make_dataset
from layerhint.experiments.protocol_dataset import dataset_of
from layerhint.experiments.protocol_file import read_protocol
from layerhint.paths import ROOT
from layerhint.records.finished import Result
from layerhint.records.records import read_finished
from layerhint.records.sample_sheet import SampleImagesResult
from layerhint.steps import sample_images
from layerhint.steps.sample_images import EACH, SampleImages
from layerhint.steps.step import Context
from layerhint.steps.workspace import Workspace
from layerhint.watching.outlook import Outlook
from layerhint.watching.progress import Display


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Context:
    monkeypatch.chdir(ROOT)
    workspace = Workspace.in_folder(str(tmp_path), None)
    return Context(workspace, FakeEngine(None), Display(), {}, Outlook({}))


def test_the_report_says_what_lmdb_they_are_from(context: Context) -> None:
    data = Path(context.workspace.layout.data)
    make_dataset("mnist", data, sample=True)
    step = SampleImages("mnist", "MNIST", data)
    step.run(context)
    record = read_finished(context.workspace.records, step.id)
    assert record is not None
    assert record.provenance.source.version, "what every record says of the program"
    sheet = record.result
    assert isinstance(sheet, SampleImagesResult)
    assert (sheet.title, sheet.size, sheet.database) == ("MNIST", 28, f"{data}/mnist/test_lmdb")
    assert [(strip.title, strip.count) for strip in sheet.classes] == [(str(digit), EACH) for digit in range(10)]


def test_a_class_shows_no_image_twice(context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reader begins again where the LMDB ends, here in the midst of a batch."""
    monkeypatch.setattr(sample_images, "_BATCH", 2)
    write_folder(tmp_path / "images")
    protocol = read_protocol(write_protocol(tmp_path / "protocols/insects.yaml", {"folder": "../images"}))
    data = Path(context.workspace.layout.data)
    make_dataset(dataset_of(protocol), data)
    sheet = SampleImages("insects", "Insects", data).execute(context)
    assert [(strip.name, strip.count) for strip in sheet.classes] == [*COUNTS["test"].items()]


def test_no_step_may_say_what_every_record_says() -> None:
    with pytest.raises(TypeError, match="SourceResult: every step's record has a place of its own for outputs, source"):

        class SourceResult(Result):
            source: str
            outputs: str
