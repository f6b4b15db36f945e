"""How long a run takes: what trainings share counts once, and the speed so far is carried on."""

import pytest

from layerhint.experiments.experiment import load_experiment
from layerhint.trainings.alike import alike
from layerhint.trainings.expand import expand
from layerhint.watching import forecast
from layerhint.watching.forecast import Outlook, forecast_on_cpu, work, works

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


def test_the_outlook_carries_on_what_was_seen() -> None:
    outlook = Outlook(works(TRAININGS, in_lockstep=False))
    assert outlook.left(TEACHER, 0, 0, 5.0) is None
    left = outlook.left(TEACHER, 32000, 0, 60.0)
    assert left is not None
    assert left[0] == pytest.approx(60)
    rest = sum(work(training) for training in TRAININGS if training is not TEACHER) / work(TEACHER) * 120
    assert left[1] == pytest.approx(60 + rest)


def test_in_lockstep_the_others_end_with_it() -> None:
    outlook = Outlook(works(TRAININGS, in_lockstep=True))
    for training in TRAININGS:
        if training.id not in STAGE_2:
            outlook.finished(training, 0, 10.0)
    others = [name for name in STAGE_2 if name != KD.id]
    left = outlook.left(KD, 16000, 0, 120.0, 1 / 12, others)
    assert left == pytest.approx((360.0, 360.0))
    assert outlook.left(KD, 16000, 0, 120.0, 1 / 12, others[:-1]) > (360.0, 360.0)
