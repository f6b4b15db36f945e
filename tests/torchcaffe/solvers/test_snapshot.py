"""Snapshots: what they hold, and runs that go on from them bit for bit."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import lmdb
import numpy as np
import pytest

from torchcaffe.errors import DataError, ProtoError, WeightsError
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.binary import read_binary, read_caffemodel, write_binary
from torchcaffe.signals import Action
from torchcaffe.solvers import SOLVERS, Solver
from torchcaffe.weights.caffemodel import copy_trained_layers_from, save_caffemodel

# It draws from the database, from the transformer's generator and from the global one. The schedule and the
# smoothed loss are in mid course at every snapshot below.
NET = """
name: "small"
layer {{ name: "data" type: "Data" top: "data" top: "label" data_param {{ source: "{db}" batch_size: 3 backend: LMDB }}
        transform_param {{ crop_size: 4 mirror: true scale: 0.01 }} }}
layer {{ name: "noise" type: "DummyData" top: "noise"
        dummy_data_param {{ shape {{ dim: 3 dim: 2 dim: 4 dim: 4 }} data_filler {{ type: "gaussian" std: 0.1 }} }} }}
layer {{ name: "sum" type: "Eltwise" bottom: "data" bottom: "noise" top: "sum" }}
layer {{ name: "conv" type: "Convolution" bottom: "sum" top: "conv"
        convolution_param {{ num_output: 5 kernel_size: 3 weight_filler {{ type: "msra" }} }} }}
layer {{ name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }}
layer {{ name: "drop" type: "Dropout" bottom: "conv" top: "drop" }}
layer {{ name: "ip" type: "InnerProduct" bottom: "drop" top: "ip"
        inner_product_param {{ num_output: 4 weight_filler {{ type: "xavier" }} }} }}
layer {{ name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" }}
"""
SOLVER = """
base_lr: 0.05 lr_policy: 'multistep' gamma: 0.5 stepvalue: 2 stepvalue: 5 max_iter: 8 weight_decay: 0.01
display: 1 average_loss: 3 test_iter: 2 test_interval: 3 random_seed: 5
"""
EXTRA = {"SGD": "momentum: 0.9", "Nesterov": "momentum: 0.9", "AdaDelta": "momentum: 0.9", "Adam": "momentum: 0.9"}


@pytest.fixture
def net(tmp_path: Path) -> str:
    """A net that reads ten images of 2 x 6 x 5 in batches of three."""
    rng = np.random.default_rng(1)
    with lmdb.open(str(tmp_path / "db"), map_size=1 << 20) as env, env.begin(write=True) as txn:
        for i in range(10):
            image = rng.integers(0, 256, (2, 6, 5), np.uint8)
            datum = caffe_pb2.Datum(channels=2, height=6, width=5, data=image.tobytes(), label=i % 4)
            txn.put(f"{i:03d}".encode(), datum.SerializeToString())
    return NET.format(db=tmp_path / "db")


def settings(prefix: Path, solver_type: str = "SGD", more: str = "") -> str:
    return f"{SOLVER} type: '{solver_type}' {EXTRA.get(solver_type, '')} snapshot_prefix: '{prefix}' {more}"


def contents(solver: Solver) -> list[bytes]:
    """All that training changes, bit for bit."""
    blobs = [blob.data for layer in solver.net.layers for blob in layer.blobs]
    return [tensor.numpy().tobytes() for tensor in [*blobs, *solver.history]]


def outputs_of_tests(lines: list[str]) -> list[str]:
    return [line for line in lines if line.startswith("    Test net output")]


def run_lines(lines: list[str]) -> list[str]:
    """What the run itself logged, without times and file names."""
    kept = [line for line in lines if line.startswith(("Iteration", "    T", "MultiStep"))]
    return [re.sub(r"\(\S+ iter/s, \S+s/", "(R iter/s, Ts/", line) for line in kept]


@pytest.mark.parametrize("solver_type", SOLVERS)
@pytest.mark.parametrize("form", ["BINARYPROTO", "HDF5"])
def test_a_resumed_run_equals_an_undisturbed_one(
    make_solver: Callable[..., Solver],
    net: str,
    tmp_path: Path,
    log_lines: list[str],
    solver_type: str,
    form: str,
) -> None:
    given = settings(tmp_path / "a", solver_type, f"snapshot_format: {form}")
    whole = make_solver(net, given)
    whole.step(4)
    state = whole.snapshot()
    log_lines.clear()
    whole.step(4)
    tests = outputs_of_tests(log_lines)
    assert len(tests) == 1

    resumed = make_solver(net, given)
    resumed.restore(state)
    assert resumed.iter == 4
    log_lines.clear()
    resumed.step(4)
    assert contents(resumed) == contents(whole)
    assert outputs_of_tests(log_lines) == tests


def test_a_run_by_solve_resumes_with_the_same_log(
    make_solver: Callable[..., Solver], net: str, tmp_path: Path, log_lines: list[str]
) -> None:
    given = settings(tmp_path / "a", more="snapshot: 4")
    make_solver(net, given).solve()
    lines = run_lines(log_lines)
    log_lines.clear()
    make_solver(net, given).solve(tmp_path / "a_iter_4.solverstate")
    resumed = run_lines(log_lines)
    assert resumed == lines[lines.index(resumed[0]) :]
    assert resumed[0].startswith("Iteration 4 (R iter/s, Ts/1 iters), loss = ")


@pytest.mark.parametrize("batch", [0, 1, 2, 3])
def test_a_stop_in_a_test_resumes_with_that_test(
    make_solver: Callable[..., Solver], net: str, tmp_path: Path, log_lines: list[str], batch: int
) -> None:
    """The test at iteration 3 is cut off before its batch 0 to 3 (of four), and run whole after the resume."""
    given = settings(tmp_path / "a", more="test_initialization: false").replace("test_iter: 2", "test_iter: 4")
    whole = make_solver(net, given)
    whole.solve()
    expected = outputs_of_tests(log_lines)
    assert len(expected) == 2

    cut = make_solver(net, given)
    asked = 0

    def stop() -> Action:
        nonlocal asked
        asked += 1
        # Asked once an iteration, then before each batch until it has nothing to say.
        return Action.STOP if asked == 4 + batch else Action.NONE

    cut.action_source = stop
    cut.solve()
    assert cut.iter == 3
    assert log_lines[-1] == "Optimization stopped early."

    log_lines.clear()
    resumed = make_solver(net, given)
    resumed.solve(tmp_path / "a_iter_3.solverstate")
    assert contents(resumed) == contents(whole)
    assert outputs_of_tests(log_lines) == expected


def test_what_the_files_hold(make_solver: Callable[..., Solver], net: str, tmp_path: Path) -> None:
    solver = make_solver(net, settings(tmp_path / "a"))
    solver.step(3)
    assert solver.snapshot() == tmp_path / "a_iter_3.solverstate"
    model = read_caffemodel(tmp_path / "a_iter_3.caffemodel")
    assert model.name == "small"
    assert [layer.name for layer in model.layer] == ["data", "noise", "sum", "conv", "bn", "drop", "ip", "loss"]
    conv = model.layer[3]
    assert (conv.bottom, conv.top, conv.phase) == (["sum"], ["conv"], caffe_pb2.TRAIN)
    assert list(conv.blobs[0].shape.dim) == [5, 2, 3, 3]
    weights = solver.net.layer("conv").blobs[0].data
    np.testing.assert_array_equal(np.reshape(conv.blobs[0].data, (5, 2, 3, 3)), weights.numpy())
    assert not conv.blobs[0].diff
    state = read_binary(tmp_path / "a_iter_3.solverstate", caffe_pb2.SolverState)
    assert (state.iter, state.current_step) == (3, 1)
    assert state.learned_net == str(tmp_path / "a_iter_3.caffemodel")
    # conv and ip have two params each, BatchNorm three.
    assert [list(h.shape.dim) for h in state.history] == [[5, 2, 3, 3], [5], [5], [5], [1], [4, 20], [4]]


def test_snapshot_diff_stores_diffs(make_solver: Callable[..., Solver], net: str, tmp_path: Path) -> None:
    for form in ("BINARYPROTO", "HDF5"):
        solver = make_solver(net, settings(tmp_path / form, more=f"snapshot_diff: true snapshot_format: {form}"))
        solver.step(1)
        solver.snapshot()
    diff = solver.net.layer("ip").blobs[0].diff.numpy()
    assert diff.any()
    model = read_caffemodel(tmp_path / "BINARYPROTO_iter_1.caffemodel")
    np.testing.assert_array_equal(np.reshape(model.layer[6].blobs[0].diff, (4, 20)), diff)
    with h5py.File(tmp_path / "HDF5_iter_1.caffemodel.h5") as file:
        np.testing.assert_array_equal(file["diff/ip/0"], diff)


def test_hdf5_state_is_laid_out_as_caffes(make_solver: Callable[..., Solver], net: str, tmp_path: Path) -> None:
    """Caffe reads learned_net up to a zero byte, and takes the history's number of links for its length."""
    solver = make_solver(net, settings(tmp_path / "a", more="snapshot_format: HDF5"))
    solver.step(3)
    with h5py.File(solver.snapshot()) as file:
        assert file["iter"][()].tolist() == [3]
        assert file["current_step"][()].tolist() == [1]
        name = str(tmp_path / "a_iter_3.caffemodel.h5").encode()
        assert file["learned_net"].dtype == f"S{len(name) + 1}"
        assert file["learned_net"][()] == name
        assert len(file["history"]) == 7
        np.testing.assert_array_equal(file["history/0"], solver.history[0].numpy())


def strip(state: Path, **changes: Any) -> Path:
    """A copy of a state as Caffe would have written it, without torchcaffe's own field, and with changes."""
    message = read_binary(state, caffe_pb2.SolverState)
    message.ClearField("torchcaffe_state")
    for field, value in changes.items():
        setattr(message, field, value)
    write_binary(state.with_name("stripped.solverstate"), message)
    return state.with_name("stripped.solverstate")


def test_a_state_from_caffe_is_taken_up_as_caffe_does(
    make_solver: Callable[..., Solver], net: str, tmp_path: Path
) -> None:
    """Params, history, iteration and step go on; data and random numbers begin as in a new run."""
    solver = make_solver(net, settings(tmp_path / "a"))
    solver.step(4)
    state = strip(solver.snapshot(), current_step=2)
    resumed = make_solver(net, settings(tmp_path / "b"))
    resumed.restore(state)
    assert (resumed.iter, resumed.current_step) == (4, 2)
    assert contents(resumed) == contents(solver)
    fresh = make_solver(net, settings(tmp_path / "b"))
    assert resumed.net.layer("data").get_state() == fresh.net.layer("data").get_state()


def into(folder: Path, state: Path) -> Path:
    folder.mkdir()
    return state.rename(folder / state.name)


def test_the_caffemodel_may_have_moved_with_the_state(
    make_solver: Callable[..., Solver], net: str, tmp_path: Path
) -> None:
    solver = make_solver(net, settings(tmp_path / "a"))
    solver.step(2)
    moved = into(tmp_path / "moved", solver.snapshot())
    model = tmp_path / "a_iter_2.caffemodel"
    model.rename(tmp_path / "moved" / model.name)
    resumed = make_solver(net, settings(tmp_path / "b"))
    resumed.restore(moved)
    assert contents(resumed) == contents(solver)
    (tmp_path / "moved" / model.name).unlink()
    with pytest.raises(WeightsError, match=r"a_iter_2\.caffemodel', which is neither there nor beside it"):
        resumed.restore(moved)


def test_the_caffemodel_that_is_named_counts_before_one_beside_the_state(
    make_solver: Callable[..., Solver], net: str, tmp_path: Path
) -> None:
    solver = make_solver(net, settings(tmp_path / "a"))
    solver.step(2)
    moved = into(tmp_path / "moved", solver.snapshot())
    other = make_solver(net, settings(tmp_path / "moved/a"))
    save_caffemodel(other.net, tmp_path / "moved/a_iter_2.caffemodel")
    other.restore(moved)
    assert contents(other) == contents(solver)


def test_the_last_iteration_has_one_snapshot(
    make_solver: Callable[..., Solver], net: str, tmp_path: Path, log_lines: list[str]
) -> None:
    make_solver(net, settings(tmp_path / "a", more="snapshot: 4")).solve()
    models = [line.rsplit("_", 1)[1] for line in log_lines if line.startswith("Snapshotting to ")]
    assert models == ["4.caffemodel", "8.caffemodel"]


def test_a_history_of_as_many_values_in_another_shape_is_refused(
    make_solver: Callable[..., Solver], net: str, tmp_path: Path
) -> None:
    solver = make_solver(net, settings(tmp_path / "a"))
    state = solver.snapshot()
    message = read_binary(state, caffe_pb2.SolverState)
    message.history[5].shape.dim[:] = [20, 4]
    write_binary(state, message)
    with pytest.raises(WeightsError, match=r"history array 5 has the shape 20 4 \(80\), but param 0 of layer 'ip'"):
        solver.restore(state)


def test_a_state_of_another_type_or_net_is_refused(
    make_solver: Callable[..., Solver], net: str, tmp_path: Path
) -> None:
    solver = make_solver(net, settings(tmp_path / "a"))
    state = solver.snapshot()
    adam = make_solver(net, settings(tmp_path / "b", "Adam"))
    with pytest.raises(WeightsError, match="written by a solver of type SGD, but this solver is of type Adam"):
        adam.restore(state)
    with pytest.raises(WeightsError, match=r"holds 7 history arrays, but a Adam solver .* keeps 14 for its 7"):
        adam.restore(strip(state))
    wider = make_solver(net.replace("num_output: 4", "num_output: 6"), settings(tmp_path / "c"))
    said = r"history array 5 has the shape 4 20 \(80\), but param 0 of layer 'ip' has the shape 6 20 \(120\)"
    with pytest.raises(WeightsError, match=said):
        wider.restore(state)
    renamed = make_solver(net.replace('name: "ip"', 'name: "score"'), settings(tmp_path / "d"))
    before = contents(renamed)
    with pytest.raises(WeightsError, match=r"lacks layer 'score' \(1 in all\)"):
        renamed.restore(state)
    assert contents(renamed) == before


def test_the_smoothed_loss_begins_anew_if_its_window_changes(
    make_solver: Callable[..., Solver], net: str, tmp_path: Path, log_lines: list[str]
) -> None:
    given = settings(tmp_path / "a", more="snapshot: 4")
    make_solver(net, given).solve()
    log_lines.clear()
    make_solver(net, given.replace("average_loss: 3", "average_loss: 2")).solve(tmp_path / "a_iter_4.solverstate")
    shown, first = (
        next(line for line in log_lines if line.startswith(begin))
        for begin in ("Iteration 4 (", "    Train net output #0: loss = ")
    )
    assert shown.rsplit(" ", 1)[1] == first.split()[6]


def test_what_a_layer_says_of_its_state_goes_through(
    make_solver: Callable[..., Solver], net: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is a RuntimeError, and no damage."""
    solver = make_solver(net, settings(tmp_path / "a"))
    state = solver.snapshot()

    def refuse(_: object) -> None:
        raise DataError("resume with the transform_param of the run that saved it")

    monkeypatch.setattr(solver.net.layers[0], "set_state", refuse)
    with pytest.raises(DataError, match=r"^resume with the transform_param"):
        solver.restore(state)


def test_damaged_states_are_refused(make_solver: Callable[..., Solver], net: str, tmp_path: Path) -> None:
    solver = make_solver(net, settings(tmp_path / "a"))
    state = solver.snapshot()
    with pytest.raises(ProtoError, match="no such file"):
        solver.restore(tmp_path / "absent.solverstate")
    with pytest.raises(ProtoError):
        solver.restore(tmp_path / "a_iter_0.caffemodel")
    message = read_binary(state, caffe_pb2.SolverState)
    run = json.loads(message.torchcaffe_state)
    for own, said in ((b"{", "damaged"), (b"{}", "lacks loss"), (json.dumps(run | {"loss": 3}).encode(), "damaged")):
        message.torchcaffe_state = own
        write_binary(state, message)
        with pytest.raises(WeightsError, match=said):
            solver.restore(state)
    whole = state.read_bytes()
    state.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ProtoError, match="cut short"):
        solver.restore(state)
    (tmp_path / "x.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(50))
    with pytest.raises(WeightsError, match="as HDF5"):
        solver.restore(tmp_path / "x.h5")
    with h5py.File(tmp_path / "y.h5", "w") as file:
        file["iter"] = [1]
    with pytest.raises(WeightsError, match="it has no current_step, history"):
        solver.restore(tmp_path / "y.h5")


def test_a_failed_snapshot_leaves_no_part_of_a_file(
    make_solver: Callable[..., Solver], net: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    solver = make_solver(net, settings(tmp_path / "a"))

    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(Exception, match="no space is left"):
        solver.snapshot()
    assert [p.name for p in tmp_path.iterdir()] == ["db"]


def test_the_caffemodel_stands_before_the_state(
    make_solver: Callable[..., Solver], net: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    solver = make_solver(net, settings(tmp_path / "a"))
    monkeypatch.setattr("torchcaffe.solvers.snapshot._solver_state", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        solver.snapshot()
    assert copy_trained_layers_from(solver.net, tmp_path / "a_iter_0.caffemodel").found
    assert not (tmp_path / "a_iter_0.solverstate").exists()
