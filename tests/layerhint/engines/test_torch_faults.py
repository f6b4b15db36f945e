"""The mistakes that a real Caffe's messages are tested with, on torchcaffe: one line, with the layer or the file."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
from fault_cases import CASES, FaultCase

from layerhint.engines import get_engine
from torchcaffe.cli import main

Run = Callable[[str | None], tuple[int, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Trains in this process; gives the exit status and how the engine explains it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("torchcaffe.cli.command.log_as_told", lambda flags: nullcontext())

    def train(weights: str | None) -> tuple[int, str]:
        status = main(["train", "-solver", "solver.prototxt", *(["-weights", weights] if weights else [])])
        return status, get_engine("torch", "cpu").explain(capsys.readouterr().err.splitlines(), status)

    return train


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_is_explained(run: Run, name: str) -> None:
    case = CASES[name]
    if case.weights == "made.caffemodel":
        FaultCase("", "").write(Path())
        assert run(None)[0] == 0
        Path("s_iter_2.caffemodel").rename(case.weights)
    case.write(Path())
    status, said = run(case.weights)
    assert status == 1
    assert case.torch in said
    assert "\n" not in said
