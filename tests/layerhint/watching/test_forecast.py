"""How long a run takes: what trainings share counts once."""

import pytest

from layerhint.experiments.experiment import load_experiment
from layerhint.trainings.alike import alike
from layerhint.trainings.expand import expand
from layerhint.watching import forecast
from layerhint.watching.forecast import forecast_on_cpu, work, works

TRAININGS = expand(load_experiment("table1"))
BY_ID = {training.id: training for training in TRAININGS}
PLAIN = BY_ID["cifar10/resnet14/plain/plain"]
TEACHER = BY_ID["cifar10/resnet26/plain/plain"]
KD = BY_ID["cifar10/resnet26-resnet14/kd/net1"]
STAGE_2 = [training.id for training in TRAININGS if training.stage == 2]
TEACHER_PASSES = float(TEACHER.train.net.multiply_adds * 128 * 64000)


def test_work_counts_forward_backward_and_teacher() -> None:
    assert work(KD) - work(PLAIN) == pytest.approx(TEACHER_PASSES, rel=1e-12)


def test_in_lockstep_go_the_students_of_stage_2() -> None:
    assert [[training.id for training in group] for group in alike(TRAININGS)] == [STAGE_2]


def test_in_lockstep_the_teacher_counts_once() -> None:
    alone, together = works(TRAININGS, in_lockstep=False), works(TRAININGS, in_lockstep=True)
    assert alone == {training.id: work(training) for training in TRAININGS}
    assert sum(alone.values()) - sum(together.values()) == pytest.approx(11 * TEACHER_PASSES, rel=1e-9)
    assert [name for name in alone if alone[name] != together[name]] == STAGE_2


def test_a_first_guess_is_the_arithmetic_at_a_share_of_the_measured_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """A real Caffe reaches a smaller share: results/speed-*.md."""
    monkeypatch.setattr(forecast, "measured_rate", lambda: 1e9)
    torch, caffe = (forecast_on_cpu([TEACHER], engine, in_lockstep=False) for engine in ("torch", "caffe"))
    assert work(TEACHER) / 1e9 < torch < caffe / 5
