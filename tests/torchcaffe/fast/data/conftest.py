"""Databases of images for the tests of this folder."""

from pathlib import Path

import pytest
from data_nets import BATCH, make_databases, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """`bytes` and `floats`, databases of images (3, 6, 7), and `mean.binaryproto`."""
    make_databases(tmp_path)
    return tmp_path


@pytest.fixture
def unequal(tmp_path: Path) -> Path:
    """A batch of images of one size, and one of another."""
    sizes = [(1, 2, 3)] * BATCH + [(1, 5, 4)] * BATCH
    write(tmp_path / "unequal", [{"data": bytes(range(c * h * w))} for c, h, w in sizes], sizes)
    return tmp_path / "unequal"
