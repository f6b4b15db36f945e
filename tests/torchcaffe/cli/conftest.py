"""The `caffe` command, run in this process, and a small run for it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from torchcaffe import mode
from torchcaffe.cli import main
from torchcaffe.precision import Precision

NET = """
name: "small"
layer { name: "data" type: "DummyData" top: "data" top: "label" dummy_data_param {
        shape { dim: 3 dim: 2 dim: 5 dim: 4 } shape { dim: 3 } data_filler { type: "gaussian" } data_filler {} } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
        convolution_param { num_output: 5 kernel_size: 3 weight_filler { type: "msra" } } }
layer { name: "drop" type: "Dropout" bottom: "conv" top: "drop" }
layer { name: "ip" type: "InnerProduct" bottom: "drop" top: "ip"
        inner_product_param { num_output: 4 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" loss_weight: 2 }
layer { name: "acc" type: "Accuracy" bottom: "ip" bottom: "label" top: "acc" include { phase: TEST } }
"""
SOLVER = """
net: "{folder}/net.prototxt" base_lr: 0.05 lr_policy: "fixed" momentum: 0.9 max_iter: 4 display: 2
snapshot_prefix: "{folder}/s" random_seed: 3 solver_mode: CPU
"""

Result = tuple[int, str]


@pytest.fixture
def caffe(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Result]]:
    """Runs `caffe` with these arguments; gives its exit status and what it wrote to stderr."""

    def run(*arguments: str | Path) -> Result:
        status = main([str(argument) for argument in arguments])
        return status, capsys.readouterr().err

    yield run
    mode.set_precision(Precision.FLOAT32)
    mode.set_mode_cpu()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with net.prototxt and solver.prototxt."""
    (tmp_path / "net.prototxt").write_text(NET)
    (tmp_path / "solver.prototxt").write_text(SOLVER.format(folder=tmp_path))
    return tmp_path


@pytest.fixture
def rewrite(folder: Path) -> Callable[[str, str, str], None]:
    """Replaces a part of one of the folder's files."""

    def change(name: str, old: str, new: str) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new))

    return change
