"""Speeds and the time left, as the bars and the status show them."""

import time
from collections.abc import Callable

import pytest
from made_records import train_point

from layerhint.experiments.experiment import load_experiment
from layerhint.trainings.expand import expand
from layerhint.trainings.trainings import Training
from layerhint.watching.caffe_log import LogReader
from layerhint.watching.forecast import work, works
from layerhint.watching.outlook import Outlook

TRAININGS = expand(load_experiment("table1"))
BY_ID = {training.id: training for training in TRAININGS}
TEACHER = BY_ID["cifar10/resnet26/plain/plain"]
STAGE_2 = [training for training in TRAININGS if training.stage == 2]

Look = Callable[[Training, float, int], None]


def reached(iteration: int) -> LogReader:
    reader = LogReader()
    reader.train[iteration] = train_point(iteration, 1.25)
    return reader


@pytest.fixture
def outlook() -> Outlook:
    return Outlook(works(TRAININGS, in_lockstep=False))


@pytest.fixture
def look(outlook: Outlook, monkeypatch: pytest.MonkeyPatch) -> Look:
    """A look at a training, at a moment at which its log shows an iteration."""

    def at(training: Training, now: float, iteration: int) -> None:
        monkeypatch.setattr(time, "monotonic", lambda: now)
        outlook.trained(training, reached(iteration), 0)

    return at


def test_the_clock_starts_when_the_first_iteration_shows(outlook: Outlook, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks come several times a second, displays once in a hundred iterations."""
    clock = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: clock)
    outlook.began(TEACHER.id, "not done yet", "here")
    shown: list[tuple[int, float | None]] = []
    for second in range(160):
        reader = LogReader()
        if second >= 10:  # Until then the net is set up; from then on, two iterations a second.
            reader = reached((second - 10) * 2 // 100 * 100)
        outlook.trained(TEACHER, reader, 0)
        pace = outlook.pace(TEACHER.id)
        assert pace is not None
        shown.append((pace.reached, pace.speed))
        clock += 1
    assert shown[59] == (0, None)
    assert shown[60] == (100, pytest.approx(2))
    assert shown[-1] == (200, pytest.approx(2))


def test_what_is_left_is_done_at_the_speed_that_is_seen(outlook: Outlook, look: Look) -> None:
    assert outlook.told(TEACHER.id) == []
    look(TEACHER, 5.0, 0)
    assert outlook.told(TEACHER.id) == []
    look(TEACHER, 65.0, 32000)  # Half of it in a minute.
    rest = sum(work(training) for training in TRAININGS if training is not TEACHER) / work(TEACHER) * 120
    assert outlook.seconds_left == pytest.approx(60 + rest)
    speed, left = outlook.told(TEACHER.id)
    assert speed == "533 it/s"
    assert left.startswith("60 s left, ")
    assert left.endswith(" in all")


def test_between_trainings_the_last_speed_holds(outlook: Outlook, look: Look) -> None:
    look(TEACHER, 5.0, 0)
    look(TEACHER, 125.0, 64000)
    assert outlook.seconds_left is not None
    at_its_end = outlook.seconds_left
    outlook.ended(TEACHER.id, "done", "")
    assert outlook.seconds_left == pytest.approx(at_its_end)
    look(STAGE_2[0], 130.0, 0)
    assert outlook.seconds_left == pytest.approx(at_its_end)


def test_what_ends_is_not_left_and_what_is_lost_goes_on(outlook: Outlook, look: Look) -> None:
    first, second, *others = STAGE_2
    for training in (TEACHER, *(other for other in TRAININGS if other.stage != 2), *others):
        outlook.ended(training.id, "done", "")
    for training in (first, second):
        look(training, 0.0, 0)
        look(training, 60.0, 32000)
    assert outlook.seconds_left == pytest.approx(60), "both at the same time"
    outlook.ended(second.id, "lost", "its worker is gone")
    assert outlook.seconds_left == pytest.approx(120), "half of one is left to be done after half of the other"
    outlook.began(second.id, "not done yet", "elsewhere")
    look(second, 90.0, 16000)
    assert outlook.seconds_left == pytest.approx(60 + 90), "what came after its last snapshot is done again"
    outlook.ended(second.id, "failed", "the training loss is nan")
    assert outlook.seconds_left == pytest.approx(60)


def test_in_lockstep_all_end_together(monkeypatch: pytest.MonkeyPatch) -> None:
    outlook = Outlook(works(STAGE_2, in_lockstep=True))
    for now, iteration in ((0.0, 0), (120.0, 16000)):
        monkeypatch.setattr(time, "monotonic", lambda now=now: now)
        for training in STAGE_2:
            outlook.trained(training, reached(iteration), 0)
    assert outlook.seconds_left == pytest.approx(360)
    assert outlook.told(STAGE_2[0].id) == ["133 it/s", "6 min left, 6 min in all"]
