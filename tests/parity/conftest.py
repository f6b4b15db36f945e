"""The real Caffe that torchcaffe is compared with, and the table of how far they were apart."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

# The tests here share modules, which pytest's importlib mode does not find by itself.
sys.path.insert(0, str(Path(__file__).parent))

from engines import distance, run_real, run_torchcaffe

from layerhint.realcaffe.find import RealCaffe, find_real_caffe

# Rounding in float32 with sums in another order; a wrong formula is far beyond.
TOLERANCE = 1e-5

_WORST = pytest.StashKey[dict[str, float]]()


@pytest.fixture(scope="session")
def real() -> RealCaffe:
    found = find_real_caffe()
    if found is None:
        pytest.skip("no real Caffe on this machine: build one with `make caffe`, or name one with CAFFE_ROOT")
    return found


@pytest.fixture(scope="session")
def record_distance(pytestconfig: pytest.Config) -> Callable[[str, float], None]:
    """Keeps the largest relative distance by name, for the table that ends the run."""
    worst = pytestconfig.stash.setdefault(_WORST, {})

    def record(name: str, distance: float) -> None:
        worst[name] = max(distance, worst.get(name, 0.0))

    return record


@pytest.fixture(scope="module")
def compare(
    request: pytest.FixtureRequest,
    real: RealCaffe,
    tmp_path_factory: pytest.TempPathFactory,
    record_distance: Callable[[str, float], None],
) -> Callable[[str], None]:
    """`compare(name)` holds torchcaffe to the real Caffe in one of the module's `CASES`.

    Compared are the names of the blobs, the params that the fillers drew, all blobs after forward, the loss, the
    gradients of inputs and params after backward, and the params at the end (which BatchNorm moves).
    """
    cases = request.module.CASES
    folder = tmp_path_factory.mktemp("parity")
    run_real(cases, real, folder)

    def check(name: str) -> None:
        file = folder / f"{name}.out.npz"
        assert file.exists(), (folder / f"{name}.log").read_text()
        want = dict(np.load(file))
        got = run_torchcaffe(cases[name], folder)
        for key in ("names", "outputs"):
            assert got.pop(key).tolist() == want.pop(key).tolist()
        assert sorted(got) == sorted(want)
        distances = {key: distance(got[key], want[key]) for key in want}
        record_distance(cases[name].kind, max(distances.values(), default=0.0))
        assert {key: value for key, value in distances.items() if value > TOLERANCE} == {}

    return check


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    worst = config.stash.get(_WORST, {})
    if worst:
        terminalreporter.section("largest ||torchcaffe - Caffe|| / ||Caffe||")
        for name, distance in sorted(worst.items()):
            terminalreporter.line(f"{name:<80} {distance:.1e}")
