"""A small data set of one's own, for the tests of how it is made and of when it is made again."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from image_folders import write_folder, write_protocol

from layerhint.datasets.own.image_folder import ImageFolder
from layerhint.experiments.protocol_dataset import dataset_of
from layerhint.experiments.protocol_file import read_protocol


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
