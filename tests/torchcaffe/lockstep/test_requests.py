"""Requests to stop and to snapshot, which come in at any moment, act on all trainings at one iteration."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from torchcaffe.lockstep import Lockstep, Training
from torchcaffe.proto.text import read_solver
from torchcaffe.rng import global_rng_of_its_own
from torchcaffe.signals import Action
from torchcaffe.solvers import Solver, create_solver

Begin = Callable[..., list[Solver]]


@pytest.fixture
def begin(solver: Callable[..., Path], folder: Path) -> Begin:
    """Builds two KD solvers and a plain one with tests of other lengths, from weights or from solverstates."""

    def make(group: str, start: list[Path] | None = None) -> list[Solver]:
        solvers = []
        for i, (net, change) in enumerate(
            [("kd", ("", "")), ("plain", ("test_iter: 2", "test_iter: 4")), ("kd", ("", ""))]
        ):
            param = read_solver(solver(group, f"s{i}", net, change))
            param.weights.append(str(folder / f"{i + 1}.caffemodel"))
            with global_rng_of_its_own():
                solvers.append(create_solver(param))
            solvers[-1].compile()
            if start is not None:
                solvers[-1].restore(start[i])
        return solvers

    return make


def run(solvers: list[Solver], requests: Callable[[], Action] = lambda: Action.NONE) -> None:
    Lockstep([Training(str(i), solver) for i, solver in enumerate(solvers)], requests).run()


def after(calls: int, *actions: Action) -> Callable[[], Action]:
    """Requests that come in when they have been asked for so many times, one a time."""
    left = [Action.NONE] * calls + list(actions)
    return lambda: left.pop(0) if left else Action.NONE


def assert_equal(one: list[Solver], other: list[Solver]) -> None:
    for a, b in zip(one, other, strict=True):
        for mine, theirs in zip(a.net.params.learnable, b.net.params.learnable, strict=True):
            assert torch.equal(mine.blob.data, theirs.blob.data)


# They are asked for before each batch of a test (2, 4 and 2 of them, at iterations 0, 3 and 6), after the tests before
# an iteration, and after it: 0 to 9 are of iteration 0, 14 to 23 of iteration 3, and 28 to 37 of iteration 6.
@pytest.mark.parametrize("calls", [0, 3, 8, 9, 10, 14, 15, 17, 21, 22, 23, 27, 33, 37])
def test_a_stop_at_any_moment_is_at_one_iteration_and_can_be_gone_on_from(
    begin: Begin, tmp_path: Path, calls: int
) -> None:
    whole = begin("whole")
    run(whole)
    cut = begin("cut")
    run(cut, after(calls, Action.STOP))
    (reached,) = {solver.iter for solver in cut}
    assert reached < 8
    states = [tmp_path / "cut" / f"s{i}_iter_{reached}.solverstate" for i in range(3)]
    resumed = begin("cut", states if reached else None)  # Before the first iteration there is nothing to keep.
    run(resumed)
    assert [solver.iter for solver in resumed] == [8, 8, 8]
    assert_equal(resumed, whole)


@pytest.mark.parametrize(("calls", "iteration"), [(0, 1), (9, 1), (14, 4), (17, 4), (22, 4)])
def test_a_snapshot_is_of_the_end_of_the_iteration(begin: Begin, tmp_path: Path, calls: int, iteration: int) -> None:
    run(begin("cut"), after(calls, Action.SNAPSHOT))
    found = sorted(path.name for path in (tmp_path / "cut").glob("*.solverstate"))
    assert found == sorted(f"s{i}_iter_{at}.solverstate" for i in range(3) for at in (iteration, 5, 8))


def test_memory_of_a_students_blobs_is_let_go_after_its_turn(begin: Begin) -> None:
    solvers = begin("whole")
    run(solvers)
    own, common = (solvers[0].net.blob(name).data for name in ("s/1", "t/1"))
    assert not own.any()
    assert common.any()
    assert torch.equal(common, solvers[2].net.blob("t/1").data)
