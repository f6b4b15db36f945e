"""Learning rates, over thousands of iterations, against the floats that the real Caffe multiplies by."""

from pathlib import Path

import numpy as np
import pytest
from engines import results_of_real, run_script

from layerhint.realcaffe.find import RealCaffe
from torchcaffe.proto.text import parse_solver
from torchcaffe.solvers import SGDSolver
from torchcaffe.solvers.lr_policy import next_step

pytestmark = pytest.mark.parity

ITERATIONS = 3000
NET = """layer { name: "w" type: "Parameter" top: "w" parameter_param { shape { dim: 1 } } }
layer { name: "sum" type: "Reduction" bottom: "w" top: "sum" loss_weight: 1 }"""
POLICIES = {
    "fixed": "",
    "step": "gamma: 0.9 stepsize: 100",
    "exp": "gamma: 0.9987",
    "inv": "gamma: 0.0001 power: 0.75",
    "multistep": "gamma: 0.3 stepvalue: 700 stepvalue: 2100",
    "poly": f"power: 0.9 max_iter: {ITERATIONS}",
    "sigmoid": f"gamma: 0.013 stepsize: {ITERATIONS // 2}",
}


@pytest.fixture(scope="module")
def folder(real: RealCaffe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rates")
    (folder / "net.prototxt").write_text(NET)
    for policy in POLICIES:
        (folder / f"{policy}.prototxt").write_text(settings(folder, policy))
    jobs = [{"name": name, "solver": f"{name}.prototxt", "iterations": ITERATIONS} for name in POLICIES]
    run_script(real, "run_real_rates.py", folder, jobs)
    return folder


def settings(folder: Path, policy: str) -> str:
    return (
        f'net: "{folder}/net.prototxt" base_lr: 0.1 lr_policy: "{policy}" {POLICIES[policy]} display: 0 '
        f'snapshot_prefix: "{folder}/s"'
    )


@pytest.mark.parametrize("policy", POLICIES)
def test_rates_are_the_floats_that_caffe_has(folder: Path, policy: str) -> None:
    """All but one in a thousand to the bit, where a power is rounded the other way by another C library."""
    want = results_of_real(folder, policy)["rates"]
    solver = SGDSolver(parse_solver(settings(folder, policy)))
    got = []
    for solver.iter in range(ITERATIONS):
        solver.current_step = next_step(solver.param, solver.iter, solver.current_step)
        got.append(solver.coming_rates()[0])
    np.testing.assert_array_max_ulp(np.array(got, dtype=np.float32), want, 1)
    assert np.count_nonzero(np.array(got, dtype=np.float32) != want) <= ITERATIONS // 1000
