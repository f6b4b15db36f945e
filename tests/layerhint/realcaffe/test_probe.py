"""What the probe asks of a Caffe with a GPU, on a stand-in: there need be neither here."""

from pathlib import Path

import pytest

from layerhint.errors import LayerhintError
from layerhint.realcaffe import probe
from layerhint.realcaffe.find import RealCaffe
from layerhint.realcaffe.gpu import Answer, Gpu

REAL = RealCaffe(Path("/r"), Path("/r/bin/caffe"), Path("/r/python"), Path("/r/python3"))


def stand_in(monkeypatch: pytest.MonkeyPatch, gpu: Gpu, loss_on_gpu: float) -> list[list[str]]:
    """Commands that answer as a good Caffe does; gives the list that they are entered into."""
    commands: list[list[str]] = []

    def run(real: RealCaffe, command: list[str], folder: Path) -> str:
        commands.append(command)
        if "--version" in command:
            return "caffe version 1.0.0\n"
        if "-c" in command:
            return '{"layer_types": ["ReLU"], "batchnorm_factor": 19.8111}'
        return f"solver.cpp:231] Iteration 0, loss = {loss_on_gpu if '-gpu' in command else 81.0}\n"

    monkeypatch.setattr(probe, "run", run)
    monkeypatch.setattr(probe, "ask_for_gpu", lambda real: Answer(gpu))
    return commands


def test_a_gpu_that_is_here_computes_a_known_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    commands = stand_in(monkeypatch, Gpu.READY, 36.0)
    found = probe.verify(REAL)
    assert (found.gpu, found.gpu_loss) == (Gpu.READY, 36.0)
    assert commands[-1] == ["/r/bin/caffe", "train", "-solver", "gpu_solver.prototxt", "-gpu", "0"]


def test_a_gpu_that_computes_something_else_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(monkeypatch, Gpu.READY, 0.0)
    with pytest.raises(LayerhintError, match=r"cannot be used: on the GPU a loss that is 36 came out as 0\. Build one"):
        probe.verify(REAL)


@pytest.mark.parametrize("gpu", [Gpu.NO_CODE, Gpu.NOT_HERE])
def test_without_a_gpu_none_is_asked_for(monkeypatch: pytest.MonkeyPatch, gpu: Gpu) -> None:
    commands = stand_in(monkeypatch, gpu, 0.0)
    found = probe.verify(REAL)
    assert (found.gpu, found.gpu_loss) == (gpu, None)
    assert not any("-gpu" in command for command in commands)
