"""How often work is timed."""

import pytest

from layerhint import timing
from layerhint.timing import WARM_UP, run_times


class Clock:
    """Work that takes `seconds` by a clock of its own."""

    def __init__(self, seconds: float) -> None:
        self.now = 0.0
        self.runs = 0
        self.seconds = seconds

    def __call__(self) -> float:
        return self.now

    def work(self) -> None:
        self.now += self.seconds
        self.runs += 1


# Seconds a run takes, and how many runs are then timed: fast work as often as is allowed, slow work as is demanded.
@pytest.mark.parametrize(("seconds", "runs"), [(2**-10, 200), (2**-5, 32), (2.0, 10)])
def test_runs_go_on_until_they_have_taken_a_second(seconds: float, runs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(seconds)
    monkeypatch.setattr(timing, "perf_counter", clock)
    times = run_times(clock.work)
    assert times == [1000 * seconds] * runs
    assert clock.runs == WARM_UP + runs
