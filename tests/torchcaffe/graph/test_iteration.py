"""Recorded iterations against ordinary ones, bit for bit: a recording must hold nothing that changes."""

import pytest
import torch

from torchcaffe.fast import Program
from torchcaffe.graph.repeated import WARM_UP
from torchcaffe.proto.caffe_pb2 import SolverParameter
from torchcaffe.proto.text import parse_net
from torchcaffe.solvers import SGDSolver, Solver

KD, HINT, PLAIN, CONCURRENT = (
    "resnet14-resnet8/kd/net1_solver",
    "resnet14-resnet8/proposed/g2_solver",
    "resnet8/plain/solver",
    "resnet26-resnet8/concurrent/stage1_solver",
)

SHARED = SolverParameter(
    base_lr=0.1,
    lr_policy="fixed",
    momentum=0.9,
    net_param=parse_net(
        """
        layer { name: "x" type: "DummyData" top: "x"
          dummy_data_param { shape { dim: 2 dim: 3 } data_filler { type: "constant" value: 0.5 } } }
        layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" param { name: "w" lr_mult: 0 decay_mult: 0 }
          inner_product_param { num_output: 3 bias_term: false weight_filler { type: "constant" value: 0.1 } } }
        layer { name: "b" type: "InnerProduct" bottom: "a" top: "b" param { name: "w" }
          inner_product_param { num_output: 3 bias_term: false } }
        layer { name: "loss" type: "Reduction" bottom: "b" top: "loss" loss_weight: 1
          reduction_param { operation: SUMSQ } }"""
    ),
)


DECAYS = SolverParameter(
    base_lr=0.1,
    lr_policy="fixed",
    momentum=0.5,
    weight_decay=0.5,
    net_param=parse_net(
        """
        layer { name: "x" type: "DummyData" top: "x"
          dummy_data_param { shape { dim: 2 dim: 3 dim: 5 dim: 5 } data_filler { type: "constant" value: 0.5 } } }
        layer { name: "c" type: "Convolution" bottom: "x" top: "c"
          convolution_param { num_output: 4 kernel_size: 3 weight_filler { type: "constant" value: 0.1 } } }
        layer { name: "c/bn" type: "BatchNorm" bottom: "c" top: "c" batch_norm_param { use_global_stats: true } }
        layer { name: "c/scale" type: "Scale" bottom: "c" top: "c" scale_param { bias_term: true } }
        layer { name: "f" type: "InnerProduct" bottom: "c" top: "f" propagate_down: false
          inner_product_param { num_output: 2 weight_filler { type: "constant" value: 0.1 } } }
        layer { name: "loss" type: "Reduction" bottom: "f" top: "loss" loss_weight: 1e-9
          reduction_param { operation: SUMSQ } }"""
    ),
)


@pytest.mark.parametrize("training", [KD, HINT, PLAIN, pytest.param(CONCURRENT, marks=pytest.mark.slow)])
def test_recorded_equals_ordinary(training, open_solver, tape, log_lines, assert_same):
    """The same params, blobs, data and log, over tests, displays, three drops of the rate, and the data's end."""
    runs = []
    for recorder in (None, tape):
        solver = open_solver(training)
        solver.compile(recorder)
        start = len(log_lines())
        solver.solve()
        runs.append((solver, log_lines()[start:]))
    (ordinary, said), (recorded, said_too) = runs
    assert tape.recorded == 1 + len(recorded.test_nets)
    assert tape.replayed >= recorded.iter - WARM_UP - 1
    assert_same(ordinary, recorded)
    assert said == said_too
    assert "Restarting data prefetching from start." in said


@pytest.mark.parametrize(
    "settings",
    [
        {"iter_size": 3},
        {"average_loss": 2},
        {"lr_policy": "poly", "power": 2},
        {"regularization_type": "L1"},
        {"type": "Nesterov"},
        {"type": "Adam", "momentum2": 0.999, "delta": 1e-8},
        {"type": "AdaGrad", "momentum": 0},
        {"type": "RMSProp", "momentum": 0, "rms_decay": 0.9},
        {"type": "AdaDelta", "delta": 1e-6},
        {"snapshot_diff": True},
    ],
    ids=str,
)
def test_settings(settings, open_solver, tape, assert_same):
    ordinary, recorded = open_solver(PLAIN, **settings), open_solver(PLAIN, **settings)
    ordinary.compile()
    recorded.compile(tape)
    for solver in (ordinary, recorded):
        solver.step(7)
    assert tape.replayed == 7 - WARM_UP - 1
    assert_same(ordinary, recorded)


def test_resumed_equals_uninterrupted(open_solver, tape, tmp_path, assert_same):
    """From a snapshot among replayed iterations, in a solver that has others behind it."""
    whole = open_solver(KD)
    whole.compile(tape)
    whole.step(6)
    state = whole.snapshot()
    whole.step(6)
    resumed = open_solver(KD)
    resumed.compile(tape)
    resumed.step(5)
    resumed.restore(state)
    assert_same_position(resumed, state, open_solver)
    resumed.step(6)
    assert_same(whole, resumed)


def assert_same_position(resumed: Solver, state, open_solver) -> None:
    """An ordinary solver that takes up the same snapshot stands at the same place."""
    ordinary = open_solver(KD)
    ordinary.restore(state)
    assert ordinary.net.layer("data").get_state() == resumed.net.layer("data").get_state()
    assert ordinary.net.place.rng.state == resumed.net.place.rng.state


def test_a_changed_teacher_is_folded_anew(open_solver, tape, assert_same):
    """Folded weights are no part of the recording: they are brought up to date where it finds them."""
    solvers = [open_solver(KD), open_solver(KD)]
    solvers[0].compile()
    solvers[1].compile(tape)
    for solver in solvers:
        solver.step(5)
        with torch.no_grad():
            solver.net.layer("teacher/conv1").blobs[0].data.mul_(0.5)
            solver.net.layer("teacher/conv1/bn").blobs[1].data.add_(0.25)
        solver.step(2)
    assert_same(*solvers)


def test_folded_weights_that_decay_are_folded_anew(tape):
    """No gradient reaches them, but they are not frozen: the update, a part of the recording, moves them."""
    solvers = [SGDSolver(DECAYS, torch.device("cpu")) for _ in range(2)]
    solvers[0].compile()
    solvers[1].compile(tape)
    assert isinstance(solvers[0].net.program, Program)
    assert "Convolution+BatchNorm+Scale" in [op.kind for op in solvers[0].net.program.ops]
    for _ in range(WARM_UP + 5):
        for solver in solvers:
            solver.step(1)
        assert torch.equal(*(solver.net.blob("c").data for solver in solvers))
    assert tape.replayed > 0


def test_params_elsewhere_are_recorded_anew(open_solver, tape, assert_same):
    solvers = [open_solver(PLAIN), open_solver(PLAIN)]
    solvers[0].compile()
    solvers[1].compile(tape)
    for solver in solvers:
        solver.step(5)
        blob = solver.net.layer("fc").blobs[0]
        blob.data = blob.data.clone() * 0.5
        solver.step(6)
    assert_same(*solvers)
    assert tape.recorded > 1 + 1


@pytest.mark.parametrize(
    ("layer", "read"),
    [
        ("fc", {"data", "diff", "history 0", "history 1"}),
        ("conv1/bn", {"data"}),  # Statistics do not learn, and are moved.
        ("teacher/fc", {"data"}),
        ("teacher/conv1", set()),  # What is read is its folded copy.
    ],
)
def test_the_key_is_of_what_the_work_reads(layer, read, open_solver, tape):
    """Adam keeps two arrays of each param."""
    solver = open_solver(KD, type="Adam", momentum2=0.999, delta=1e-8)
    solver.compile(tape)
    learnable, history = solver.net.params.learnable, solver.history
    number = next(i for i, param in enumerate(learnable) if param.layer == layer)
    blob, at = learnable[number].blob, {f"history {k}": number + k * len(learnable) for k in range(2)}
    found = set()
    for name in ("data", "diff", *at):
        before = solver.whole.key()
        if name in at:
            history[at[name]] = history[at[name]].clone()
        else:
            setattr(blob, name, getattr(blob, name).clone())
        if solver.whole.key() != before:
            found.add(name)
    assert found == read


def test_a_param_that_learns_for_another_layer_is_read_there(tape):
    """Its owner's multipliers are 0, and the layer that shares it computes a gradient, in a diff of its own."""
    solvers = [SGDSolver(SHARED, torch.device("cpu")) for _ in range(2)]
    solvers[0].compile()
    solvers[1].compile(tape)
    for solver in solvers:
        solver.step(5)
        (param,) = solver.net.params.learnable
        assert param.lr_mult == param.decay_mult == 0
        before = tape.recorded
        blob = solver.net.layer("b").blobs[0]
        blob.diff = torch.full_like(blob.diff, 7)
        solver.step(5)
    assert tape.recorded == before + 1
    assert torch.equal(*(solver.net.layer("b").blobs[0].diff for solver in solvers))


def test_a_forward_pass_in_between_leaves_no_trace(open_solver, tape, assert_same):
    """It takes a batch; the blobs show it, and then again what the next iteration made."""
    solvers = [open_solver(KD), open_solver(KD)]
    solvers[0].compile()
    solvers[1].compile(tape)
    for solver in solvers:
        solver.step(5)
        solver.net.forward()
    assert_same(*solvers)
    for solver in solvers:
        solver.step(1)
    assert_same(*solvers)


def test_callbacks_are_called_between_the_parts(open_solver, tape):
    solver = open_solver(PLAIN)
    solver.compile(tape)
    solver.step(5)
    replayed, seen = tape.replayed, []
    solver.on_gradients_ready.append(lambda: seen.append(float(solver.net.layer("fc").blobs[0].diff.abs().sum())))
    solver.step(1)
    assert tape.replayed == replayed
    assert seen[0] > 0


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"clip_gradients": 1}, "each iteration; clip_gradients needs to know the gradients' norm"),
        ({"debug_info": True}, "each iteration; somebody watches its layers"),
    ],
)
def test_what_is_not_recorded_is_said(settings, reason, open_solver, tape, log_lines):
    solver = open_solver(PLAIN, **settings)
    solver.compile(tape)
    assert any(line.startswith(f"Not recorded as a tape: {reason}") for line in log_lines())
    ordinary = open_solver(PLAIN, **settings)
    ordinary.compile()
    for one in (solver, ordinary):
        one.step(5)
    assert float(solver.loss.mean) == pytest.approx(float(ordinary.loss.mean), rel=1e-4)


def test_work_that_cannot_be_recorded_goes_on_as_it_is(open_solver, tape, failing, assert_same, log_lines):
    ordinary, other = open_solver(KD), open_solver(KD)
    ordinary.compile()
    other.compile(failing)
    for solver in (ordinary, other):
        solver.step(8)
    assert_same(ordinary, other)
    said = [line for line in log_lines() if line.startswith("Not recorded as a CUDA graph: iterations")]
    assert said == ["Not recorded as a CUDA graph: iterations, which run as they are; this recorder breaks off"]


def test_on_a_cpu_nothing_is_recorded_unless_asked_for(open_solver, log_lines):
    solver = open_solver(PLAIN)
    solver.compile()
    solver.step(6)
    assert not [line for line in log_lines() if "ecorded as" in line]
    assert all(isinstance(net.program, Program) and not net.program.data for net in (solver.net, *solver.test_nets))
