"""Data sets for the tests of how they are made: the sample in the publishers' place, and a small one of one's own."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from image_folders import write_folder, write_protocol

from layerhint.datasets.own.image_folder import ImageFolder
from layerhint.datasets.publishers import DATASETS
from layerhint.datasets.sample.manifest import SAMPLE_DIR, read_sample, sample_descriptor
from layerhint.experiments.protocol_dataset import dataset_of
from layerhint.experiments.protocol_file import read_protocol


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a copy of the sample, whose sizes and checksums now count as the publishers'."""
    for name in read_sample(SAMPLE_DIR).datasets:
        monkeypatch.setitem(DATASETS, name, sample_descriptor(DATASETS[name], SAMPLE_DIR))
    return Path(shutil.copytree(SAMPLE_DIR, tmp_path / "published"))


@pytest.fixture
def insects() -> Callable[..., ImageFolder]:
    return _insects


def _insects(place: Path, source: dict[str, Any] | None = None, **changes: Any) -> ImageFolder:
    """The data set of a protocol in place/protocols, whose images are in place/images."""
    if not (place / "images").exists():
        write_folder(place / "images")
    path = write_protocol(place / "protocols/insects.yaml", {"folder": "../images"} | (source or {}), **changes)
    found = dataset_of(read_protocol(path))
    assert isinstance(found, ImageFolder)
    return found
