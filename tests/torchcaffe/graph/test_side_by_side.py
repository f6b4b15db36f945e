"""Trainings in lockstep whose iterations are recorded as one, against the same trainings by themselves, bit for bit."""

from pathlib import Path

import pytest
import torch

from torchcaffe.errors import CaffeError, DataError
from torchcaffe.graph.repeated import WARM_UP
from torchcaffe.lockstep import Lockstep, Training
from torchcaffe.signals import Action
from torchcaffe.solvers import Solver, snapshot

KD, HINT, PLAIN = "resnet14-resnet8/kd/net1_solver", "resnet14-resnet8/proposed/g2_solver", "resnet8/plain/solver"
SEEN_AT = 6  # By then the work is replayed, and a test has come between.


@pytest.fixture
def open_several(open_solver, vary):
    """Compiled solvers of these nets with these settings, no two with the same weights."""

    def open_them(plan, recorder=None) -> list[Solver]:
        solvers = []
        for number, (training, settings) in enumerate(plan):
            solvers.append(open_solver(training, crop=8, **settings))
            vary(solvers[-1], number)
            solvers[-1].compile(recorder)
        return solvers

    return open_them


@pytest.fixture
def compare(open_several, trainer, tape, assert_same_training):
    """Trains alone, without a recording, and in lockstep with one; gives the solvers of the latter."""

    def run(plan, prepare=lambda solvers: None) -> list[Solver]:
        alone, together = open_several(plan), open_several(plan, tape)
        for solvers in (alone, together):
            prepare(solvers)
        left_alone, left_together = trainer.alone(alone, SEEN_AT), trainer.together(together, SEEN_AT)
        for one, left, other, left_too in zip(alone, left_alone, together, left_together, strict=True):
            assert_same_training(one, left, other, left_too)
        return together

    return run


def test_three_students_of_one_teacher(compare, tape, log_lines):
    """Over tests, displays, drops of the rate, the data's end, and the forward pass of a display after the end."""
    solvers = compare([(KD, {})] * 3)
    assert tape.recorded == 1 + len(solvers)  # Their iterations as one, and the passes of each one's test net.
    assert tape.replayed >= solvers[0].iter - WARM_UP - 1
    lines = log_lines()
    begin = next(i for i, line in enumerate(lines) if line.startswith("Lockstep of 3 trainings: 1 Data for 3 nets, "))
    assert lines[begin + 1] == "Recorded as one tape: each iteration of 3 trainings, side by side"


def test_other_losses_rates_and_solvers(compare, tape):
    """They need not have more than data in common, nor that."""
    adam = {"type": "Adam", "momentum2": 0.999, "delta": 1e-8}
    compare(
        [
            (KD, {"base_lr": 0.02, "lr_policy": "poly", "power": 2}),
            (PLAIN, {"weight_decay": 0.1, "average_loss": 3}),
            (HINT, {"test_interval": 2, "display": 2}),
            (PLAIN, adam),
            (PLAIN, {"random_seed": 4}),
        ]
    )
    assert tape.recorded == 1 + 4  # The hint step has no test net.


def test_one_that_ends_early_leaves_the_rest_recorded_anew(compare, tape):
    """In the round after its end it goes forward by itself, for a display, while the others iterate."""
    solvers = compare([(KD, {"max_iter": 6, "display": 3}), (KD, {"max_iter": 12}), (KD, {"max_iter": 12})])
    assert tape.recorded == 2 + len(solvers)


def test_the_last_one_left_is_recorded_too(compare, tape):
    compare([(KD, {"max_iter": 12}), (PLAIN, {"max_iter": 6})])
    assert tape.recorded == 2 + 2


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_that_cannot_be_recorded_takes_its_turns_as_it_is(place, compare, tape, log_lines):
    plan = [(KD, {})] * 2
    plan.insert(place, (KD, {"clip_gradients": 1e6}))
    compare(plan)
    assert tape.recorded == 1 + 3
    assert [line for line in log_lines() if "ecorded as" in line and "training" in line] == [
        f"Not recorded as a tape: each iteration of training {place}; clip_gradients needs to know the gradients' norm",
        "Recorded as one tape: each iteration of 2 trainings, side by side",
    ]


def test_where_none_can_be_recorded_all_take_turns(compare, tape):
    compare([(KD, {"clip_gradients": 1e6})] * 2)
    assert tape.recorded == 2  # The test nets.


def test_one_that_sums_up_batches_is_recorded_by_itself(compare, tape):
    compare([(KD, {}), (KD, {"iter_size": 2}), (KD, {})])
    assert tape.recorded == 1 + 1 + 3


def test_one_that_is_called_back_for_a_while(compare, tape):
    """It is left out, and comes back in."""

    def call_back(solvers: list[Solver]) -> None:
        second = solvers[1]

        def look() -> None:
            assert second.net.layer("fc").blobs[0].diff.any()
            if second.iter == 6:
                second.on_gradients_ready.clear()

        second.on_gradients_ready.append(look)

    compare([(KD, {"max_iter": 12})] * 3, call_back)
    assert tape.recorded == 2 + 3


def test_a_work_that_cannot_be_recorded_goes_on_as_it_is(
    open_several, trainer, tape, failing, assert_same_training, log_lines
):
    plan = [(KD, {})] * 2
    alone, together = open_several(plan), open_several(plan, failing)
    left_alone, left_together = trainer.alone(alone, SEEN_AT), trainer.together(together, SEEN_AT)
    for one, left, other, left_too in zip(alone, left_alone, together, left_together, strict=True):
        left_too.said[:] = [line for line in left_too.said if not line.startswith("Not recorded as a CUDA graph: ")]
        assert_same_training(one, left, other, left_too)
    assert [line for line in log_lines() if "iterations" in line and line.startswith("Not recorded")] == [
        "Not recorded as a CUDA graph: iterations of 2 side by side, which run as they are; this recorder breaks off"
    ]


def test_they_go_on_from_snapshots(open_several, trainer, tape, assert_same_training, tmp_path):
    plan = [(KD, {"snapshot": 5, "snapshot_prefix": str(tmp_path / f"s{i}")}) for i in range(3)]
    whole = open_several(plan, tape)
    left_whole = trainer.together(whole, 9)
    resumed = open_several(plan, tape)
    for i, solver in enumerate(resumed):
        solver.restore(tmp_path / f"s{i}_iter_5.solverstate")
    left_resumed = trainer.together(resumed, 9)
    for i, (one, left, other, left_too) in enumerate(zip(whole, left_whole, resumed, left_resumed, strict=True)):
        written = f"Snapshotting solver state to binary proto file {tmp_path}/s{i}_iter_5.solverstate"
        left.said[:] = left.said[left.said.index(written) + 1 :]
        left_too.said[:] = left_too.said[2:]  # What is being solved, and by which policy.
        assert_same_training(one, left, other, left_too)


@pytest.mark.parametrize("calls", range(7, 28, 5))
def test_requests_act_on_all_at_one_iteration(open_several, trainer, tape, tmp_path, calls):
    """A snapshot in iteration 2, and later a stop, which is told in tests, before and after an iteration."""
    plan = [(KD, {"snapshot_prefix": str(tmp_path / f"s{i}"), "snapshot_after_train": True}) for i in range(2)]
    solvers = open_several(plan, tape)
    coming = [*[Action.NONE] * 5, Action.SNAPSHOT, *[Action.NONE] * (calls - 6), Action.STOP]
    trainer.together(solvers, 1, lambda: coming.pop(0) if coming else Action.NONE)
    (reached,) = {solver.iter for solver in solvers}
    assert 3 <= reached <= 9
    found = sorted(path.name for path in tmp_path.glob("*.solverstate"))
    assert found == sorted({f"s{i}_iter_{at}.solverstate" for i in range(2) for at in (3, reached)})


def test_one_that_fails_in_its_turn_ends_alone(open_several, trainer, tape, assert_same_ends, tmp_path, monkeypatch):
    write = snapshot.write

    def full(solver: Solver) -> Path:
        if solver.param.snapshot_prefix.endswith("s0"):
            raise CaffeError("no space is left")
        return write(solver)

    plan = [(KD, {"snapshot": 5, "snapshot_prefix": str(tmp_path / f"s{i}"), "max_iter": 12}) for i in range(3)]
    alone, together = open_several(plan), open_several(plan, tape)
    trainer.alone(alone, SEEN_AT)
    monkeypatch.setattr(snapshot, "write", full)
    with pytest.raises(CaffeError, match=r"^training 0: no space is left$"):
        trainer.together(together, SEEN_AT)
    assert [solver.iter for solver in together] == [5, 12, 12]
    assert_same_ends(alone[1:], together[1:])
    assert tape.recorded == 2 + 2  # Without the test net of the first one, which has run no more than twice.


def test_one_whose_own_data_fail_ends_alone(open_several, trainer, tape, assert_same_ends, monkeypatch):
    """It draws by a seed of its own; its data are read in the turn of the first."""
    plan = [(KD, {"max_iter": 12}), (KD, {"random_seed": 4}), (KD, {"max_iter": 12})]
    alone, together = open_several(plan), open_several(plan, tape)
    trainer.alone(alone, SEEN_AT)
    break_data(together[1], monkeypatch)
    with pytest.raises(DataError, match=r"^training 1: the database is damaged$"):
        trainer.together(together, SEEN_AT)
    assert [solver.iter for solver in together] == [12, 5, 12]
    assert_same_ends(alone[::2], together[::2])


def test_data_in_common_that_fail_end_all(open_several, trainer, tape, monkeypatch):
    together = open_several([(KD, {})] * 2, tape)
    break_data(together[0], monkeypatch)
    damaged = "the database is damaged"
    with pytest.raises(DataError, match=f"^training 0: {damaged}; training 1: {damaged}$"):
        trainer.together(together, SEEN_AT)
    assert [solver.iter for solver in together] == [5, 5]


def break_data(solver: Solver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets a compiled solver have five batches of its data, and no more."""
    (op,) = solver.net.program.data
    stage, left = op.stage, [None] * 5

    def fail(count: int) -> None:
        if not left:
            raise DataError("the database is damaged")
        left.pop()
        stage(count)

    monkeypatch.setattr(op, "stage", fail)


def test_what_blobs_show_is_kept_until_the_end(open_several, tape):
    """After its turn a solver's blobs show its iteration, whether that was replayed or not; after the end, nothing."""
    solvers = open_several([(KD, {"max_iter": 8, "test_interval": 9})] * 2, tape)
    rounds = Lockstep([Training(str(i), solver) for i, solver in enumerate(solvers)], lambda: Action.NONE).rounds()
    for _ in range(8):
        next(rounds)
        own, common = ([solver.net.blob(name).data for solver in solvers] for name in ("conv1", "teacher/conv1"))
        assert own[0].any()
        assert not torch.equal(*own)
        assert torch.equal(*common)
        assert common[0].data_ptr() == common[1].data_ptr()
    assert [*rounds] == [None, None]  # The forward pass of a last display is such a round, and so is the end.
    assert not any(solver.net.blob("conv1").data.any() for solver in solvers)
