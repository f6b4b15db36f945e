"""pycaffe's solvers whose work is recorded: what a script holds, and what it writes, as if nothing were replayed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

import torchcaffe as caffe
from torchcaffe.graph import Recorder
from torchcaffe.graph.repeated import WARM_UP
from torchcaffe.pycaffe import arrays

NET = """
layer { name: "x" type: "DummyData" top: "x" top: "goal"
  dummy_data_param { shape { dim: 2 dim: 3 } shape { dim: 2 dim: 4 } data_filler { value: 0.5 } data_filler {} } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip"
  inner_product_param { num_output: 4 weight_filler { type: "xavier" } } }
layer { name: "twice" type: "Power" bottom: "ip" top: "twice" power_param { scale: 2 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "twice" bottom: "goal" top: "loss" }
"""
ITERATIONS = WARM_UP + 3  # The last two are replayed.


_gpu = pytest.param("GPU", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU"))


@pytest.fixture(params=["tape", _gpu])
def recorders(
    request: pytest.FixtureRequest, tape, failing, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Recorder | None, Recorder | None]]:
    """What records a solver's work, and what has it done as it is: on a CPU as if its memory were out of numpy's reach,
    and on a GPU."""
    if request.param == "GPU":
        caffe.set_mode_gpu()
        yield None, failing
        caffe.set_mode_cpu()
    else:
        monkeypatch.setattr(arrays, "_in_host_memory", lambda tensor: False)
        yield tape, None


@pytest.fixture
def make(tmp_path: Path, recorders: tuple[Recorder | None, Recorder | None]) -> Callable[..., caffe.SGDSolver]:
    """A compiled solver that tests before each iteration, always of the same begin; recorded or not."""
    (tmp_path / "net.prototxt").write_text(NET)
    (tmp_path / "solver.prototxt").write_text(
        f'net: "{tmp_path}/net.prototxt" base_lr: 0.05 lr_policy: "fixed" momentum: 0.9 test_iter: 1 test_interval: 1 '
        "random_seed: 7"
    )

    def build(recorded: bool = True) -> caffe.SGDSolver:
        solver = caffe.SGDSolver(tmp_path / "solver.prototxt")
        solver._solver.compile(recorders[0 if recorded else 1])
        return solver

    return build


@pytest.fixture
def both(make: Callable[..., caffe.SGDSolver]) -> list[caffe.SGDSolver]:
    """One that is recorded, and one that is not; they have done so many iterations that the first is replayed."""
    solvers = [make(), make(recorded=False)]
    for solver in solvers:
        solver.step(ITERATIONS)
    return solvers


def halves(solver: caffe.SGDSolver) -> dict[str, np.ndarray]:
    """Arrays of all that a script may look at; but of blobs between layers the diffs mean nothing."""
    found = {}
    for k, net in enumerate((solver.net, *solver.test_nets)):
        found |= {f"net {k}, {name}": blob.data for name, blob in net.blobs.items()}
        for name, blobs in net.params.items():
            for i, blob in enumerate(blobs):
                found |= {f"net {k}, {name} {i}": blob.data, f"net {k}, {name} {i} diff": blob.diff}
    return found


def assert_same(recorded: dict[str, np.ndarray], ordinary: dict[str, np.ndarray]) -> None:
    for (name, mine), other in zip(recorded.items(), ordinary.values(), strict=True):
        np.testing.assert_array_equal(mine, other, err_msg=name)


def test_arrays_that_are_held_show_what_is_replayed(both):
    recorded, ordinary = both
    assert recorded._solver.whole._repeated._replay is not None
    held = halves(recorded)
    for _ in range(3):
        before = {name: array.copy() for name, array in held.items()}
        for solver in both:
            solver.step(1)
        assert_same(held, halves(ordinary))
        changed = {name for name in held if (held[name] != before[name]).any()}
        assert changed >= {"net 0, ip", "net 0, loss", "net 0, ip 0", "net 0, ip 0 diff", "net 1, ip", "net 1, twice"}


def test_a_weight_in_the_loss_that_is_written_counts(both):
    """In Caffe the weight is the diff of the loss; nets to train and to test have each their own."""
    for solver in both:
        solver.net.blobs["loss"].diff[...] = 0.5
        solver.test_nets[0].blobs["loss"].diff[...] = 3
        solver.step(ITERATIONS)
    assert_same(*map(halves, both))
    assert_same(*({"loss": solver._solver.test_nets[0].forward().cpu().numpy()} for solver in both))
    assert [float(solver.net.blobs["loss"].diff) for solver in both] == [0.5, 0.5]


def test_a_param_that_is_put_in_counts(both, make):
    others = [make(recorded=False) for _ in both]
    for solver, other in zip(both, others, strict=True):
        other.net.params["ip"][0].data[...] = 0.25
        solver.net.params["ip"][0] = other.net.params["ip"][0]
        solver.step(ITERATIONS)
    assert_same(*map(halves, both))
    np.testing.assert_array_equal(both[0].net.params["ip"][0].data, 0.25)  # Nobody trains it.
