"""Every file under `generated/`, in the real Caffe: nets are set up on the sample's LMDBs, solvers read.

What Caffe makes of each net is what lint takes it for, and what torchcaffe reads in a solver is what Caffe reads.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from engines import run_script

from layerhint.datasets.make import make_dataset
from layerhint.nets.net_shapes import net_shapes
from layerhint.paths import ROOT
from layerhint.realcaffe.find import RealCaffe
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.text import read_net, read_solver

# Hundreds of nets, each in a process of its own.
pytestmark = [pytest.mark.parity, pytest.mark.timeout(1200)]

IMAGES = {"cifar10": (3, 32, 32), "cifar100": (3, 32, 32), "mnist": (1, 28, 28)}
FILES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "generated").rglob("*.prototxt"))
SOLVERS = [file for file in FILES if file.endswith("solver.prototxt")]
NETS = [file for file in FILES if file not in SOLVERS]


@pytest.fixture(scope="module")
def made(real: RealCaffe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with what the real Caffe said of each file, seen from where the files count their paths."""
    folder = tmp_path_factory.mktemp("committed")
    for dataset in IMAGES:
        make_dataset(dataset, folder / "data", sample=True)
    (folder / "generated").symlink_to(ROOT / "generated")
    run_script(
        real, "run_setup.py", folder, [{"name": job(file), "file": file, "phase": phase(file)} for file in FILES]
    )
    return folder


def job(file: str) -> str:
    return file.removesuffix(".prototxt").replace("/", " ")


def phase(file: str) -> str:
    """The phase of a net, as its file's name has it; "" for a solver."""
    return "" if file in SOLVERS else "TRAIN" if file.endswith("train.prototxt") else "TEST"


def said(folder: Path, file: str) -> dict[str, Any]:
    """What Caffe made of a file; where it ended over it, its log is the error."""
    path = folder / f"{job(file)}.json"
    assert path.exists(), (folder / f"{job(file)}.log").read_text()[-3000:]
    return dict(json.loads(path.read_text()))


@pytest.mark.parametrize("file", NETS)
def test_caffe_sets_the_net_up_as_lint_takes_it(file: str, made: Path) -> None:
    found = said(made, file)
    images = IMAGES[file.split("/")[1]]
    own = net_shapes(read_net(ROOT / file), getattr(caffe_pb2, phase(file)), images)
    assert {name: tuple(shape) for name, shape in found["blobs"].items()} == own.blobs
    assert {name: tuple(map(tuple, shapes)) for name, shapes in found["params"].items()} == own.params
    assert found["layers"]


@pytest.mark.parametrize("file", SOLVERS)
def test_caffe_reads_the_solver_as_torchcaffe_does(file: str, made: Path) -> None:
    own = {field.name: str(value) for field, value in read_solver(ROOT / file).ListFields()}
    assert said(made, file) == own


def test_there_are_as_many_files_as_the_paper_needs() -> None:
    """11 plain nets with three files each; 33 rows of Stage 2 with two nets and three solvers; 48 steps of Stage 1."""
    stage1 = 15 + 3 * 9 + 3 * 2  # of one step, of three with hints, of SL-ResNet's three
    assert len(NETS) == 11 * 3 + 33 * 2 + stage1
    assert len(SOLVERS) == 11 + 33 * 3 + stage1
