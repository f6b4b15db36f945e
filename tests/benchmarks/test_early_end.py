"""A run that ends early: what was measured before is written."""

import signal
from pathlib import Path

import pytest

from benchmarks import cli
from benchmarks import run as running
from benchmarks.measured import Iterations
from layerhint.errors import LayerhintError

ARGUMENTS = ["--nets", "mnist-plain-8,mnist-plain-32", "--engines", "pytorch", "--threads", "1"]


def line(name: str) -> Iterations:
    return Iterations(name, name, "MNIST", 64, "8", {"pytorch": (0.1,)}, {"pytorch": 1}, (1e9,), (1e9,), 1, 1)


@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        (LayerhintError("PyTorch: it ended with status 1"), 1, "error: PyTorch: it ended with status 1; what was"),
        (KeyboardInterrupt(), 130, "error: interrupted; what was"),
        (signal.SIGTERM, 130, "error: interrupted; what was"),
    ],
)
def test_what_was_measured_is_written(
    fault: BaseException | signal.Signals,
    status: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    steps = iter([line("mnist-plain-8"), fault])

    def measure(*_: object) -> Iterations:
        step = next(steps)
        if isinstance(step, signal.Signals):
            signal.raise_signal(step)
        if isinstance(step, BaseException):
            raise step
        return step

    monkeypatch.setattr(running, "measure_iterations", measure)
    assert cli.main([*ARGUMENTS, "--out", str(tmp_path)]) == status
    assert capsys.readouterr().err.startswith(said)
    (text,) = tmp_path.glob("speed-*.md")
    assert "Not whole: " in text.read_text()
    assert "| mnist-plain-8 |" in text.read_text()


def test_where_nothing_was_measured_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> Iterations:
        raise LayerhintError("no")

    monkeypatch.setattr(running, "measure_iterations", refuse)
    assert cli.main([*ARGUMENTS, "--out", str(tmp_path)]) == 1
    assert capsys.readouterr().err == "error: no; nothing was measured before\n"
    assert not list(tmp_path.iterdir())
