"""Machines with different programs are told apart, whatever file differs."""

from pathlib import Path

import pytest

import torchcaffe
from layerhint.cluster.code import code_fingerprint, fingerprint_of


@pytest.fixture
def package(tmp_path: Path) -> Path:
    for name in ("net.py", "kernels/sgd.cpp", "__pycache__/net.pyc"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("as it was")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        *((name, True) for name in ("net.py", "kernels/sgd.cpp", "kernels/new.h")),
        *((name, False) for name in ("__pycache__/net.pyc", ".net.py.swp", "sgd.cpp~", "net.py.orig", ".git/x")),
    ],
)
def test_a_file_that_differs_is_another_program(package: Path, name: str, counts: bool) -> None:
    before = fingerprint_of([package])
    (package / name).parent.mkdir(exist_ok=True)
    (package / name).write_text("another")
    assert (fingerprint_of([package]) != before) == counts


def test_a_file_by_another_name_is_another_program(package: Path) -> None:
    before = fingerprint_of([package])
    (package / "kernels" / "sgd.cpp").rename(package / "kernels" / "sgd.h")
    assert fingerprint_of([package]) != before


def test_the_kernels_and_the_proto_lie_in_the_packages() -> None:
    root = Path(torchcaffe.__file__).parent
    assert {path.suffix for path in root.rglob("*") if path.is_file()} >= {".py", ".cpp", ".h", ".proto"}
    assert len(code_fingerprint()) == 64
