"""Snapshots that either engine writes in the middle of a schedule, taken up by the other.

The solvers go through a rate drop before the snapshot and another one after it. A run that goes on must do what the
uninterrupted run of the engine that wrote the snapshot does.
"""

from collections.abc import Callable
from pathlib import Path

import bounds
import numpy as np
import pytest
import torch
from engines import distance, results_of_real
from trainings import HALF, ITERATIONS, run, write_scene, write_solver

from layerhint.realcaffe.find import RealCaffe
from torchcaffe.proto.text import read_solver
from torchcaffe.solvers import create_solver

pytestmark = pytest.mark.parity

SCHEDULE = 'lr_policy: "multistep" gamma: 0.5 stepvalue: 60 stepvalue: 140 weight_decay: 0.01'
# One array of history for each param, and two; with params shared by name, of which there is one.
SOLVERS = {
    "SGD": ("plain", 'type: "SGD" base_lr: 0.1 momentum: 0.9'),
    "SGD, shared params": ("shared", 'type: "SGD" base_lr: 0.1 momentum: 0.9'),
    "AdaDelta": ("plain", 'type: "AdaDelta" base_lr: 1 momentum: 0.95 delta: 1e-5'),
    "Adam": ("plain", 'type: "Adam" base_lr: 0.01 momentum: 0.9 momentum2: 0.99'),
}
FORMATS = {"BINARYPROTO": "", "HDF5": ".h5"}
CASES = [f"{solver}, {format_}" for solver in SOLVERS for format_ in FORMATS]
OTHER = {"caffe": "torch", "torch": "caffe"}


def job(folder: Path, case: str, engine: str, state: str = "") -> dict[str, object]:
    """A whole run of an engine, or the second half from the state that the other one wrote."""
    solver, _, format_ = case.rpartition(", ")
    net, settings = SOLVERS[solver]
    name = f"{case} {engine}"
    if state:
        rest = {"state": state, "iterations": HALF, "name": f"{name} rest"}
    else:
        rest = {"weights": f"{net}.caffemodel", "iterations": ITERATIONS, "name": name, "snapshot": HALF}
    settings = f"{settings} {SCHEDULE} snapshot: {HALF} snapshot_format: {format_}"
    return {"solver": write_solver(folder, case, net, settings, engine), **rest}


def state_file(case: str, engine: str) -> str:
    return f"{case} {engine}_iter_{HALF}.solverstate{FORMATS[case.rpartition(', ')[2]]}"


@pytest.fixture(scope="module")
def folder(real: RealCaffe, device: torch.device, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With all runs of both engines: the whole ones, and then those that go on from the other's snapshot."""
    folder = tmp_path_factory.mktemp("snapshots")
    write_scene(folder)
    for engine in OTHER:
        run(engine, real, folder, [job(folder, case, engine) for case in CASES], device)
    for engine, other in OTHER.items():
        run(engine, real, folder, [job(folder, case, engine, state_file(case, other)) for case in CASES], device)
    return folder


@pytest.mark.parametrize("engine", OTHER)
@pytest.mark.parametrize("case", CASES)
def test_goes_on_from_the_others_snapshot(
    case: str, engine: str, folder: Path, record: Callable[[str, str, str, float], None]
) -> None:
    whole = results_of_real(folder, f"{case} {OTHER[engine]}")
    rest = results_of_real(folder, f"{case} {engine} rest")
    taken = [key for key in rest if key.startswith("start ")]
    assert taken
    for key in taken:
        np.testing.assert_array_equal(rest[key], whole[key.replace("start", "snapshot")])
    apart = np.abs(rest["losses"] / whole["losses"][HALF:] - 1)
    params = max(distance(rest[key], whole[key]) for key in rest if key.startswith("end "))
    record("snapshots", case, engine, max(apart.max(), params))
    assert apart.max() < bounds.LOSSES
    assert params < bounds.LOSSES


@pytest.mark.parametrize("case", CASES)
def test_without_its_history_a_run_goes_elsewhere(case: str, folder: Path) -> None:
    """So the test above tells whether the history was taken up."""
    whole = results_of_real(folder, f"{case} caffe")
    solver = create_solver(read_solver(folder / f"{case} torch.prototxt"))
    solver.restore(folder / state_file(case, "caffe"))
    for history in solver.history:
        history.zero_()
    losses = []
    for _ in range(HALF):
        solver.step(1)
        losses.append(float(solver.net.blob("loss").data))
    assert np.abs(np.array(losses) / whole["losses"][HALF:] - 1).max() > 10 * bounds.LOSSES
