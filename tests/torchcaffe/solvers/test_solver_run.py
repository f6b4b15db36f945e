"""The loop: what it logs and in which order, tests, displays, callbacks, requests to stop or to snapshot."""

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from torchcaffe.errors import CaffeError
from torchcaffe.proto.text import parse_solver
from torchcaffe.signals import Action
from torchcaffe.solvers import Solver, SolverError, solver_class
from torchcaffe.solvers.smoothed_loss import SmoothedLoss
from torchcaffe.weights.caffemodel import save_caffemodel

# The loss is (w - 1)^2 / 2 for one number w, from 0: w moves by rate * (1 - w), and halves its distance at rate 0.5.
HALVING = """
name: "halving"
layer { name: "one" type: "DummyData" top: "one"
        dummy_data_param { shape { dim: 1 } data_filler { value: 1 } } }
layer { name: "w" type: "Parameter" top: "w" parameter_param { shape { dim: 1 } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "w" bottom: "one" top: "loss" loss_weight: 2
        include { phase: TRAIN } }
layer { name: "off" type: "EuclideanLoss" bottom: "w" bottom: "one" top: "off" loss_weight: 3
        include { phase: TEST } }
layer { name: "plain" type: "Power" bottom: "w" top: "plain" power_param { shift: 10 } include { phase: TEST } }
"""
SOLVER = "base_lr: 0.25 lr_policy: 'fixed' max_iter: 4 display: 2 snapshot_after_train: false "


def solve_lines(lines: list[str]) -> list[str]:
    """The log from "Solving" on, times and rates taken out."""
    begin = next(i for i, line in enumerate(lines) if line.startswith("Solving"))
    return [re.sub(r"\(\S+ iter/s, \S+s/", "(R iter/s, Ts/", line) for line in lines[begin:]]


def test_log_of_a_run(make_solver: Callable[..., Solver], log_lines: list[str]) -> None:
    """w is 0, 1/2, 3/4, 7/8, 15/16; the train loss 2 (1 - w)^2 / 2, the test's 3 (1 - w)^2 / 2 over two batches."""
    solver = make_solver(HALVING, SOLVER + "test_iter: 2 test_interval: 4")
    solver.solve()
    assert solve_lines(log_lines) == [
        "Solving halving",
        "Learning Rate Policy: fixed",
        "Iteration 0, Testing net (#0)",
        "Ignoring source layer loss",
        "    Test net output #0: off = 0.5 (* 3 = 1.5 loss)",
        "    Test net output #1: plain = 10",
        "Iteration 0 (R iter/s, Ts/2 iters), loss = 1",
        "    Train net output #0: loss = 0.5 (* 2 = 1 loss)",
        "Iteration 0, lr = 0.25",
        "Iteration 2 (R iter/s, Ts/2 iters), loss = 0.0625",
        "    Train net output #0: loss = 0.03125 (* 2 = 0.0625 loss)",
        "Iteration 2, lr = 0.25",
        "Iteration 4, loss = 0.00390625",
        "Iteration 4, Testing net (#0)",
        "Ignoring source layer loss",
        "    Test net output #0: off = 0.00195312 (* 3 = 0.00585938 loss)",
        "    Test net output #1: plain = 10.9375",
        "Optimization Done.",
    ]


def test_test_compute_loss_and_no_test_at_the_start(make_solver: Callable[..., Solver], log_lines: list[str]) -> None:
    settings = "test_iter: 2 test_interval: 2 test_compute_loss: true test_initialization: false"
    make_solver(HALVING, SOLVER + settings).solve()
    tests = [line for line in log_lines if line.startswith(("Test loss", "Iteration")) and "est" in line]
    # 3 (1 - w)^2 / 2 at w = 3/4 and 15/16.
    assert tests == [
        "Iteration 2, Testing net (#0)",
        "Test loss: 0.09375",
        "Iteration 4, Testing net (#0)",
        "Test loss: 0.00585938",
    ]


def test_caffes_log_parser_finds_its_columns(make_solver: Callable[..., Solver], log_lines: list[str]) -> None:
    """The patterns that Caffe's tools/extra/parse_log.py looks for, and what they must find."""
    make_solver(HALVING, SOLVER + "test_iter: 2 test_interval: 2").solve()
    text = "\n".join(log_lines)
    assert re.findall(r"Iteration (\d+)", text)[-2:] == ["4", "4"]
    assert set(re.findall(r"lr = ([-+]?[0-9]*\.?[0-9]+([eE]?[-+]?[0-9]+)?)", text)) == {("0.25", "")}
    train = re.findall(r"Train net output #(\d+): (\S+) = ([\.\deE+-]+)", text)
    assert train == [("0", "loss", "0.5"), ("0", "loss", "0.03125")]
    test = re.findall(r"Test net output #(\d+): (\S+) = ([\.\deE+-]+)", text)
    assert test[:2] == [("0", "off", "0.5"), ("1", "plain", "10")]
    assert len(test) == 6


def test_smoothed_loss_is_the_mean_of_the_last_ones(make_solver: Callable[..., Solver], log_lines: list[str]) -> None:
    """Losses (1 - w)^2 are 1, 1/4, 1/16, 1/64, and 1/256 after training; means of the last three."""
    make_solver(HALVING, SOLVER + "average_loss: 3").solve()
    shown = [float(line.rsplit(" ", 1)[1]) for line in log_lines if re.search(r"^Iteration.*, loss = ", line)]
    expected = [1, (1 + 1 / 4 + 1 / 16) / 3, (1 / 16 + 1 / 64 + 1 / 256) / 3]
    np.testing.assert_allclose(shown, expected, rtol=1e-5)


def test_the_loss_of_an_iteration_is_the_mean_of_its_batches(
    make_solver: Callable[..., Solver], log_lines: list[str]
) -> None:
    make_solver(HALVING, SOLVER + "iter_size: 3").step(1)
    assert next(line for line in log_lines if line.startswith("Iteration 0 ")).endswith(", loss = 1")


def test_smoothed_loss_of_a_run_that_begins_in_mid_course() -> None:
    loss = SmoothedLoss(3, torch.device("cpu"), torch.float32)
    loss.restart(4)
    for iteration, value in enumerate([8, 1, 2, 3], start=4):
        loss.update(torch.tensor(float(value)), iteration)
    assert float(loss.mean) == pytest.approx(2), "the mean of 1, 2 and 3"


def test_smoothed_loss_goes_on_from_its_state() -> None:
    loss = SmoothedLoss(2, torch.device("cpu"), torch.float32)
    for i, value in enumerate([0.1, 0.7, 0.3]):
        loss.update(torch.tensor(value), i + 5)
    again = SmoothedLoss(2, torch.device("cpu"), torch.float32)
    again.state = loss.state
    for smoothed in (loss, again):
        smoothed.update(torch.tensor(0.9), 8)
    assert float(loss.mean) == float(again.mean)
    assert float(loss.mean) == pytest.approx(0.6)


def test_train_and_test_nets_by_all_fields(
    make_solver: Callable[..., Solver], log_lines: list[str], tmp_path: Path
) -> None:
    """A test net of its own first, then as many of the shared one as test_iter calls for."""
    file = tmp_path / "own.prototxt"
    file.write_text('layer { name: "d" type: "DummyData" top: "own" dummy_data_param { shape { dim: 3 } } }')
    solver = make_solver(HALVING, SOLVER + f"test_iter: 1 test_iter: 1 test_interval: 2 test_net: '{file}'")
    assert [next(iter(net.outputs()))[0] for net in solver.test_nets] == ["own", "off"]
    assert f"Creating test net (#0) specified by test_net file: {file}" in log_lines
    assert "Creating test net (#1) specified by net_param" in log_lines


def test_each_net_may_have_a_file_of_its_own(tmp_path: Path) -> None:
    for name in ("train", "test"):
        (tmp_path / name).write_text(
            f'layer {{ name: "d" type: "DummyData" top: "{name}" dummy_data_param {{ shape {{ dim: 3 }} }} }}'
        )
    files = f"train_net: '{tmp_path}/train' test_net: '{tmp_path}/test' test_iter: 1 test_interval: 2"
    solver = solver_class("SGD")(parse_solver(SOLVER + files))
    assert [next(iter(net.outputs()))[0] for net in (solver.net, *solver.test_nets)] == ["train", "test"]


def test_states_choose_layers(make_solver: Callable[..., Solver]) -> None:
    net = """
    layer { name: "a" type: "DummyData" top: "a" dummy_data_param { shape { dim: 2 } } include { stage: "x" } }
    layer { name: "b" type: "DummyData" top: "b" dummy_data_param { shape { dim: 2 } } include { min_level: 1 } }
    layer { name: "c" type: "DummyData" top: "c" dummy_data_param { shape { dim: 2 } } }
    """
    states = "train_state { stage: 'x' } test_iter: 1 test_interval: 1 test_state { level: 1 }"
    solver = make_solver(net, SOLVER + states)
    assert [name for name, _, _ in solver.net.outputs()] == ["a", "c"]
    assert [name for name, _, _ in solver.test_nets[0].outputs()] == ["b", "c"]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("test_iter: 1", "test_interval is 0"),
        ("test_iter: 1 test_interval: 1 test_state {} test_state {}", "2 test_state for 1 test net"),
        ("test_interval: 1 test_net: 'x'", "0 test_iter for 1 test net"),
        ("train_net: 'x'", "the solver names 2 train nets: train_net, net_param; give exactly one"),
    ],
)
def test_wrong_nets_are_refused(make_solver: Callable[..., Solver], tmp_path: Path, settings: str, said: str) -> None:
    file = tmp_path / "x.prototxt"
    file.write_text(HALVING)
    with pytest.raises(SolverError, match=said):
        make_solver(HALVING, SOLVER + settings.replace("'x'", f"'{file}'"))


def test_callbacks_run_around_the_gradients(make_solver: Callable[..., Solver]) -> None:
    solver = make_solver(HALVING, SOLVER)
    seen: list[tuple[str, int, float]] = []
    diff = solver.net.params.learnable[0].blob
    solver.on_start.append(lambda: seen.append(("start", solver.iter, float(diff.diff))))
    solver.on_gradients_ready.append(lambda: seen.append(("ready", solver.iter, float(diff.diff))))
    solver.step(2)
    # The gradient is 2 (w - 1).
    assert seen == [("start", 0, 0), ("ready", 0, -2), ("start", 1, 0), ("ready", 1, -1)]


def test_stop_between_iterations_snapshots(
    make_solver: Callable[..., Solver], log_lines: list[str], tmp_path: Path
) -> None:
    solver = make_solver(
        HALVING,
        f"{SOLVER} snapshot_after_train: true snapshot_prefix: '{tmp_path}/s'".replace(
            "snapshot_after_train: false", ""
        ),
    )
    requests = iter([Action.NONE, Action.SNAPSHOT, Action.STOP])
    solver.action_source = lambda: next(requests)
    solver.solve()
    assert solver.iter == 3
    assert log_lines[-1] == "Optimization stopped early."
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        f"s_iter_{i}.{ending}" for i in (2, 3) for ending in ("caffemodel", "solverstate")
    ]


def test_stop_in_a_test_leaves_the_rest_of_it_out(
    make_solver: Callable[..., Solver], log_lines: list[str], tmp_path: Path
) -> None:
    """SIGHUP comes in before the test's first batch, SIGINT before its second."""
    settings = f"test_iter: 3 test_interval: 4 snapshot: 100 snapshot_prefix: '{tmp_path}/s'"
    solver = make_solver(HALVING, SOLVER + settings)
    requests = iter([Action.SNAPSHOT, Action.NONE, Action.STOP, Action.NONE])
    solver.action_source = lambda: next(requests)
    solver.solve()
    assert solve_lines(log_lines)[2:] == [
        "Iteration 0, Testing net (#0)",
        "Ignoring source layer loss",
        f"Snapshotting to binary proto file {tmp_path}/s_iter_0.caffemodel",
        f"Snapshotting solver state to binary proto file {tmp_path}/s_iter_0.solverstate",
        "Test interrupted.",
        "Optimization stopped early.",
    ]


def test_weights_field_starts_all_nets_from_caffemodels(
    make_solver: Callable[..., Solver], log_lines: list[str], tmp_path: Path
) -> None:
    first = make_solver(HALVING, SOLVER)
    first.net.params.learnable[0].blob.data.fill_(0.75)
    file = tmp_path / "first.caffemodel"
    save_caffemodel(first.net, file)
    solver = make_solver(HALVING, SOLVER + f"test_iter: 1 test_interval: 1 weights: '{file}, {file}'")
    assert float(solver.net.params.learnable[0].blob.data) == 0.75
    assert float(solver.test_nets[0].params.learnable[0].blob.data) == 0.75
    assert solver.loaded_layers == {"one", "w", "loss"}
    assert log_lines.count(f"Finetuning from {file}") == 4


def test_random_seed_makes_runs_equal(make_solver: Callable[..., Solver]) -> None:
    net = """layer { name: "x" type: "DummyData" top: "x"
             dummy_data_param { shape { dim: 2 dim: 5 } data_filler { type: "gaussian" } } }
             layer { name: "y" type: "InnerProduct" bottom: "x" top: "y"
             inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }"""
    solvers = [make_solver(net, SOLVER + f"random_seed: {seed}") for seed in (7, 7, 8)]
    first, again, other = (solver.net.params.learnable[0].blob.data for solver in solvers)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_an_unwritable_prefix_is_found_before_training(make_solver: Callable[..., Solver], tmp_path: Path) -> None:
    with pytest.raises(CaffeError, match=r"snapshot_prefix.*absent/s.*the directory does not exist"):
        make_solver(HALVING, SOLVER + f"snapshot: 1 snapshot_prefix: '{tmp_path}/absent/s'")
    make_solver(HALVING, SOLVER + f"snapshot: 1 snapshot_prefix: '{tmp_path}/s'")
    assert list(tmp_path.iterdir()) == []


def test_debug_info_lines(make_solver: Callable[..., Solver], log_lines: list[str]) -> None:
    """At iteration 0 of `halving`: data 1 and w 0; dw = 2 (w - 1) = -2. Only displayed iterations have them."""
    solver = make_solver(
        HALVING.replace('top: "w" ', 'top: "w" param { name: "weight" } '), SOLVER + "debug_info: true"
    )
    solver.step(2)
    assert [line for line in log_lines if line.startswith("    [")] == [
        "    [Forward] Layer one, top blob one data: 1",
        "    [Forward] Layer w, top blob w data: 0",
        "    [Forward] Layer w, param blob weight data: 0",
        "    [Forward] Layer loss, top blob loss data: 0.5",
        "    [Backward] Layer loss, bottom blob w diff: 2",
        "    [Backward] Layer w, param blob 0 diff: 2",
        "    [Backward] All net params (data, diff): L1 norm = (0, 2); L2 norm = (0, 2)",
    ]


def test_a_solver_overrules_the_debug_info_of_its_nets(
    make_solver: Callable[..., Solver], log_lines: list[str]
) -> None:
    solver = make_solver("debug_info: true " + HALVING, SOLVER)
    solver.net.forward()
    before = len(log_lines)
    assert any(line.startswith("    [Forward]") for line in log_lines), "until its first iteration"
    solver.step(2)
    assert not [line for line in log_lines[before:] if line.startswith("    [")]
