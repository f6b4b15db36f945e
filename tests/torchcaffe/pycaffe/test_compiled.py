"""pycaffe's solvers, compiled: they train what the command does, and show what they show otherwise."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import torchcaffe as caffe
from torchcaffe.cli import main
from torchcaffe.errors import NetError

# A frozen convolution that is folded, a module of BatchNorm, Scale, sum and ReLU, and a loss.
NET = """name: "module"
layer { name: "data" type: "DummyData" top: "data" top: "label" dummy_data_param {
        shape { dim: 5 dim: 16 dim: 8 dim: 6 } shape { dim: 5 } data_filler { type: "gaussian" } data_filler {} } }
layer { name: "f" type: "Convolution" bottom: "data" top: "f" param { lr_mult: 0 decay_mult: 0 }
        convolution_param { num_output: 16 kernel_size: 3 pad: 1 bias_term: false weight_filler { type: "msra" } } }
layer { name: "f_bn" type: "BatchNorm" bottom: "f" top: "f" param { lr_mult: 0 } param { lr_mult: 0 }
        param { lr_mult: 0 } batch_norm_param { use_global_stats: true } }
layer { name: "f_s" type: "Scale" bottom: "f" top: "f" param { lr_mult: 0 decay_mult: 0 }
        scale_param { filler { value: 2 } } }
layer { name: "c" type: "Convolution" bottom: "f" top: "c"
        convolution_param { num_output: 16 kernel_size: 3 pad: 1 bias_term: false weight_filler { type: "msra" } } }
layer { name: "c_bn" type: "BatchNorm" bottom: "c" top: "c" }
layer { name: "c_s" type: "Scale" bottom: "c" top: "c" scale_param { bias_term: true } }
layer { name: "sum" type: "Eltwise" bottom: "f" bottom: "c" top: "sum" }
layer { name: "relu" type: "ReLU" bottom: "sum" top: "sum" }
layer { name: "ip" type: "InnerProduct" bottom: "sum" top: "ip"
        inner_product_param { num_output: 3 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "label" top: "loss" loss_weight: 2 }
"""


@pytest.fixture
def solver_file(tmp_path: Path) -> Path:
    (tmp_path / "net.prototxt").write_text(NET)
    net = caffe.Net(tmp_path / "net.prototxt", caffe.TRAIN)
    statistics = net.params["f_bn"]
    for blob, value in zip(statistics, (0.25, 3, 1), strict=True):
        blob.data[...] = value
    net.save(tmp_path / "begin.caffemodel")
    (tmp_path / "solver.prototxt").write_text(
        f'net: "{tmp_path}/net.prototxt" weights: "{tmp_path}/begin.caffemodel" base_lr: 0.05 lr_policy: "fixed" '
        f"momentum: 0.9 weight_decay: 0.01 max_iter: 4 test_iter: 2 test_interval: 3 random_seed: 7 solver_mode: CPU "
        f'snapshot_prefix: "{tmp_path}/s"'
    )
    return tmp_path / "solver.prototxt"


@pytest.fixture
def make(solver_file: Path) -> Callable[..., caffe.SGDSolver]:
    """A solver, compiled unless told otherwise; always of the same begin."""

    def build(compiled: bool = True) -> caffe.SGDSolver:
        solver = caffe.SGDSolver(solver_file)
        if compiled:
            solver.compile()
        caffe.set_random_seed(11)
        return solver

    return build


def params(solver: caffe.SGDSolver) -> dict[str, list[np.ndarray]]:
    return {name: [blob.data.copy() for blob in blobs] for name, blobs in solver.net.params.items()}


@pytest.mark.parametrize("flag", [[], ["-plain"]])
def test_it_trains_to_the_bit_what_the_command_trains(solver_file: Path, flag: list[str]) -> None:
    """Compiled as the command does by default, and otherwise as with -plain; the solverstate too."""
    files = [solver_file.parent / f"s_iter_4.{kind}" for kind in ("caffemodel", "solverstate")]
    assert main(["train", "-solver", str(solver_file), *flag]) == 0
    by_the_command = [file.read_bytes() for file in files]
    for file in files:
        file.unlink()
    solver = caffe.get_solver(solver_file)
    if not flag:
        solver.compile()
        solver.compile()
    solver.solve()
    assert [file.read_bytes() for file in files] == by_the_command


def test_what_the_net_shows_after_a_step(make: Callable[..., caffe.SGDSolver]) -> None:
    """But for rounding it is what a plain solver's shows, without the diffs of blobs between layers."""
    fast, plain = make(), make(compiled=False)
    held = {name: blob.data for name, blob in fast.net.blobs.items()}
    for solver in (fast, plain):
        caffe.set_random_seed(5)
        solver.step(1)
        solver.step(2)
    assert list(held) == list(plain.net.blobs)
    for name, blob in plain.net.blobs.items():
        np.testing.assert_allclose(held[name], blob.data, rtol=2e-4, atol=2e-5, err_msg=name)
        np.testing.assert_array_equal(fast.net.blobs[name].data, held[name])
    for name, blobs in plain.net.params.items():
        for mine, blob in zip(fast.net.params[name], blobs, strict=True):
            np.testing.assert_allclose(mine.data, blob.data, rtol=2e-4, atol=2e-5, err_msg=name)
            np.testing.assert_allclose(mine.diff, blob.diff, rtol=2e-4, atol=2e-5, err_msg=name)
    assert not fast.net.blobs["sum"].diff.any()
    assert plain.net.blobs["sum"].diff.any()
    assert fast.net.blobs["loss"].diff == plain.net.blobs["loss"].diff == 2


def test_to_look_at_everything_changes_nothing(make: Callable[..., caffe.SGDSolver]) -> None:
    """A loss's diff, its weight, must not become the zero that other diffs read as."""
    left_alone, looked_at = make(), make()
    kept = []
    for solver in (left_alone, looked_at):
        caffe.set_random_seed(5)
        for _ in range(3):
            solver.step(1)
            if solver is looked_at:
                kept += [half for blob in solver.net.blobs.values() for half in (blob.data, blob.diff)]
    for name, arrays in params(left_alone).items():
        for mine, other in zip(arrays, params(looked_at)[name], strict=True):
            np.testing.assert_array_equal(mine, other)


def test_what_is_written_into_a_folded_param_counts(make: Callable[..., caffe.SGDSolver]) -> None:
    solver = make()
    solver.step(1)
    before = solver.net.blobs["f"].data
    assert before.any()
    solver.net.params["f_s"][0].data[...] = 0  # numpy writes into the param's memory.
    solver.step(1)
    assert not solver.net.blobs["f"].data.any()
    solver.add_callback(lambda: solver.net.params["f_s"][0].data.fill(3), lambda: None)
    solver.step(1)
    assert solver.net.blobs["f"].data.any()


def test_callbacks_may_change_gradients(make: Callable[..., caffe.SGDSolver]) -> None:
    solver = make()
    bias = solver.net.params["ip"][1]
    solver.add_callback(lambda: None, lambda: bias.diff.fill(-20))
    solver.step(1)
    np.testing.assert_allclose(bias.data, 1)  # The rate 0.05 times 20; it was 0.


def test_a_backward_pass_wants_a_forward_pass_by_layers(make: Callable[..., caffe.SGDSolver]) -> None:
    fast, plain = make(), make(compiled=False)
    fast.net.backward()  # Nothing has run compiled so far.
    fast.step(1)
    with pytest.raises(NetError, match=r"layer 'loss' \(SoftmaxWithLoss\) has run compiled .*call net\.forward\(\)"):
        fast.net.backward()
    fast.net.share_with(plain.net)
    for solver in (fast, plain):
        caffe.set_random_seed(5)
        solver.net.clear_param_diffs()
        solver.net.forward()
        solver.net.backward()
    assert fast.net.blobs["sum"].diff.any()
    np.testing.assert_array_equal(fast.net.blobs["sum"].diff, plain.net.blobs["sum"].diff)


def test_a_net_that_is_watched_runs_by_layers(make: Callable[..., caffe.SGDSolver]) -> None:
    solver = make()
    seen: list[int] = []
    solver.net.after_backward(seen.append)
    solver.step(1)
    assert seen == sorted(range(len(solver.net.layers)), reverse=True)
    assert solver.net.blobs["sum"].diff.any()
    solver.net.backward()
