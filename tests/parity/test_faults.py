"""A wrong use of the real Caffe ends in one message that names the layer or the file and the remedy.

What torchcaffe says of the same mistakes is held in tests/layerhint/engines/test_torch_faults.py.
"""

import signal
import time
from pathlib import Path

import pytest
from fault_cases import CASES, FaultCase

from layerhint.engines import get_engine
from layerhint.engines.engine import Engine, Start
from layerhint.errors import LayerhintError
from layerhint.realcaffe.find import RealCaffe
from layerhint.realcaffe.gpu import Gpu, ask_for_gpu
from layerhint.steps.watch import printed

pytestmark = pytest.mark.parity


@pytest.fixture
def caffe(real: RealCaffe) -> Engine:
    return get_engine("caffe", "cpu", str(real.root))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(engine: Engine, weights: str | None = None) -> tuple[int, str]:
    """The exit status of a training, and how the engine explains it."""
    log = Path("training.log")
    log.unlink(missing_ok=True)
    status = engine.train(Start("solver.prototxt", weights, None, log)).wait()
    return status, engine.explain(printed(log, 0), status)


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_is_explained(caffe: Engine, folder: Path, name: str) -> None:
    case = CASES[name]
    if case.weights == "made.caffemodel":
        FaultCase("", "").write(folder)
        assert run(caffe)[0] == 0
        Path("s_iter_2.caffemodel").rename(case.weights)
    case.write(folder)
    status, said = run(caffe, case.weights)
    assert status == -signal.SIGABRT
    assert said.startswith(f"{case.words}. Caffe says: `")


def test_a_gpu_asked_of_a_cpu_build(real: RealCaffe, caffe: Engine, folder: Path) -> None:
    if ask_for_gpu(real).gpu is not Gpu.NO_CODE:
        pytest.skip("this real Caffe has GPU code")
    words = (
        "a GPU is asked of a Caffe that is built for the CPU alone. Leave --device or -gpu out and say solver_mode: CPU"
    )
    line = "Cannot use GPU in CPU-only Caffe: check mode.`"
    FaultCase("", "", solver={"solver_mode: CPU": "solver_mode: GPU"}).write(folder)
    status, said = run(caffe)
    assert status == -signal.SIGABRT
    assert said.startswith(words)
    assert said.endswith(line)
    with pytest.raises(LayerhintError) as caught:
        get_engine("caffe", "cuda:0", str(real.root))
    assert str(caught.value).startswith(f"--device cuda:0, at {real.root}: {words}")
    assert str(caught.value).endswith(line)


@pytest.mark.parametrize("name", ["caffe", "torch"])
def test_a_training_that_is_killed(request: pytest.FixtureRequest, folder: Path, name: str) -> None:
    engine = request.getfixturevalue("caffe") if name == "caffe" else get_engine("torch", "cpu")
    FaultCase("", "", solver={"max_iter: 2": "max_iter: 100000000 display: 1"}).write(folder)
    log = Path("training.log")
    process = engine.train(Start("solver.prototxt", None, None, log))
    while process.poll() is None and "Iteration 3" not in log.read_text(encoding="utf-8"):
        time.sleep(0.02)
    process.kill()
    said = engine.explain(printed(log, 0), process.wait())
    assert said.startswith(
        "it was ended by SIGKILL, as the system does when memory runs out: take a smaller batch_size"
    )
