"""The pycaffe interface: solvers."""

from pathlib import Path

import numpy as np
import pytest

import torchcaffe as caffe
from torchcaffe.solvers import SolverError

# Loss (w - 1)^2 / 2 for one number w, from 0.
NET = """name: "one"
layer { name: "one" type: "DummyData" top: "one" dummy_data_param { shape { dim: 1 } data_filler { value: 1 } } }
layer { name: "w" type: "Parameter" top: "w" parameter_param { shape { dim: 1 } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "w" bottom: "one" top: "loss" }
"""
KINDS = ("SGD", "Nesterov", "AdaGrad", "RMSProp", "AdaDelta", "Adam")


@pytest.fixture
def solver_file(tmp_path: Path) -> Path:
    (tmp_path / "net.prototxt").write_text(NET)
    (tmp_path / "solver.prototxt").write_text(
        f'net: "{tmp_path}/net.prototxt" test_iter: 2 test_interval: 10 base_lr: 0.5 lr_policy: "step" gamma: 0.5 '
        "stepsize: 2 max_iter: 3 snapshot_after_train: false"
    )
    return tmp_path / "solver.prototxt"


def test_solve(solver_file: Path) -> None:
    """w moves by rate (1 - w), with rates 0.5, 0.5, 0.25: 0.5, 0.75, 0.8125."""
    solver = caffe.SGDSolver(str(solver_file))
    assert (solver.iter, solver.param.max_iter, solver.lr) == (0, 3, 0.5)
    assert (solver.param.display, solver.param.layer_wise_reduce, solver.param.base_lr) == (0, True, 0.5)
    solver.solve()
    assert solver.iter == 3
    assert float(solver.net.params["w"][0].data[0]) == 0.8125
    assert solver.lr == 0.25
    assert [list(net.blobs) for net in solver.test_nets] == [["one", "w", "loss"]]


def test_a_step_at_a_time_with_the_settings_changed(solver_file: Path) -> None:
    solver = caffe.get_solver(str(solver_file))
    solver.step(1)
    solver.param.base_lr = 0.25
    solver.step(1)
    assert float(solver.net.params["w"][0].data[0]) == 0.5 + 0.25 * 0.5
    assert float(solver.net.params["w"][0].diff[0]) == -0.25 * 0.5


def test_apply_update(solver_file: Path) -> None:
    solver = caffe.SGDSolver(str(solver_file))
    data = solver.net.layers[1].blobs[0].data
    data[...] = 0
    solver.net.layers[1].blobs[0].diff[...] = 1
    solver.apply_update()
    assert data.tolist() == [-0.5]


@pytest.mark.parametrize("kind", KINDS)
def test_kinds(solver_file: Path, kind: str) -> None:
    assert getattr(caffe, f"{kind}Solver")(str(solver_file))._solver.type == kind
    solver_file.write_text(solver_file.read_text() + f' type: "{kind}"')
    assert type(caffe.get_solver(solver_file)) is getattr(caffe, f"{kind}Solver")


def test_an_unknown_kind_is_refused(solver_file: Path) -> None:
    solver_file.write_text(solver_file.read_text() + ' type: "Adamm"')
    with pytest.raises(SolverError, match="Did you mean 'Adam'"):
        caffe.get_solver(solver_file)


def test_snapshot_and_restore(solver_file: Path) -> None:
    """Without snapshot_prefix the files stand beside the solver's, under its name."""
    solver = caffe.SGDSolver(str(solver_file))
    solver.step(2)
    solver.snapshot()
    state = solver_file.parent / "solver_iter_2.solverstate"
    assert (solver_file.parent / "solver_iter_2.caffemodel").is_file()
    again, third = caffe.SGDSolver(str(solver_file)), caffe.SGDSolver(str(solver_file))
    again.restore(str(state))
    assert (again.iter, float(again.net.params["w"][0].data[0])) == (2, 0.75)
    third.solve(str(state))
    assert (third.iter, float(third.net.params["w"][0].data[0])) == (3, 0.8125)


def test_callbacks_may_change_gradients(solver_file: Path) -> None:
    solver = caffe.SGDSolver(str(solver_file))
    order: list[str] = []

    def ready() -> None:
        order.append("ready")
        solver.net.params["w"][0].diff[...] *= 2

    solver.add_callback(lambda: order.append("start"), ready)
    solver.step(1)
    assert order == ["start", "ready"]
    assert float(solver.net.params["w"][0].data[0]) == 1


def test_share_weights_and_nets_that_outlive_their_solver(solver_file: Path) -> None:
    solver = caffe.SGDSolver(str(solver_file))
    net = solver.test_nets[0]
    solver.share_weights(net)
    train = solver.net
    solver.step(1)
    del solver
    np.testing.assert_array_equal(net.params["w"][0].data, train.params["w"][0].data)
    assert float(net.forward()["loss"]) == 0.125


def test_random_seed(tmp_path: Path) -> None:
    file = tmp_path / "net.prototxt"
    file.write_text(
        'layer { name: "x" type: "DummyData" top: "x" '
        'dummy_data_param { shape { dim: 7 } data_filler { type: "gaussian" } } }'
    )
    drawn = []
    for seed in (3, 3, 4):
        caffe.set_random_seed(seed)
        drawn.append(caffe.Net(str(file), caffe.TEST).forward()["x"].tolist())
    assert drawn[0] == drawn[1]
    assert drawn[0] != drawn[2]


def test_what_the_prompt_shows(solver_file: Path) -> None:
    solver = caffe.AdamSolver(solver_file)
    solver.step(1)
    assert repr(solver) == "AdamSolver at iteration 1 of 3 with Net 'one' (TRAIN): 3 layers, 1 param"


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_says_what_it_does(kind: str) -> None:
    assert vars(getattr(caffe, f"{kind}Solver"))["__doc__"]
