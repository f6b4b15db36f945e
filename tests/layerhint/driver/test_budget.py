"""A budget of time: what runs is interrupted before it is over, and ended if it does not stop."""

import signal
import time

import pytest

from layerhint.driver.budget import Budget

pytestmark = pytest.mark.timeout(60, method="thread")  # The other method uses the same timer.


def test_no_budget_no_interruption() -> None:
    budget = Budget(None)
    with budget.running():
        assert signal.getitimer(signal.ITIMER_REAL)[0] == 0
    assert not budget.spent


def test_what_runs_is_interrupted_in_time() -> None:
    budget = Budget(0.5)
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt), budget.running():
        time.sleep(30)
    assert time.monotonic() - begun < 10
    assert budget.spent
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_what_does_not_stop_is_interrupted_again() -> None:
    budget = Budget(0.5)
    interruptions = 0
    with budget.running():
        while interruptions < 2:
            try:
                time.sleep(30)
            except KeyboardInterrupt:
                interruptions += 1
    assert budget.spent


def test_four_fifths_of_a_short_budget_and_all_but_20_seconds_of_a_long_one(monkeypatch: pytest.MonkeyPatch) -> None:
    timers: list[tuple[float, ...]] = []
    monkeypatch.setattr(signal, "setitimer", lambda _, *times: timers.append(times))
    for seconds in (10.0, 3600.0):
        with Budget(seconds).running():
            pass
    assert timers == [(8.0, 1.5), (0,), (3580.0, 15.0), (0,)]


def test_what_is_done_in_time_is_left_alone() -> None:
    budget = Budget(30)
    before = signal.getsignal(signal.SIGALRM)
    with budget.running():
        pass
    assert not budget.spent
    assert signal.getsignal(signal.SIGALRM) is before
