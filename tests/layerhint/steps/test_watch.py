"""The clock that asks for snapshots, and the last line of a log whose process was killed."""

import signal
import time
from pathlib import Path
from typing import Any

import pytest

from layerhint.steps.snapshot_every import SnapshotEvery
from layerhint.steps.watch import SnapshotClock, end_line


class Process:
    """Keeps the signals that it is sent."""

    def __init__(self) -> None:
        self.signals: list[int] = []

    def send_signal(self, number: int) -> None:
        self.signals.append(number)


def clock(process: Any, every: SnapshotEvery | None) -> SnapshotClock:
    return SnapshotClock(process, every, since=100)


def test_a_snapshot_every_so_many_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 50.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    process = Process()
    watch = clock(process, SnapshotEvery(seconds=10))
    asked = []
    # It asks once 10 s are over and an iteration has been shown that the last snapshot does not hold.
    for seconds, iteration in ((5, 101), (11, 100), (12, 101), (21, 110), (22, 110), (40, 110), (41, 111)):
        now = 50.0 + seconds
        watch.look(iteration)
        asked.append(len(process.signals))
    assert asked == [0, 0, 1, 1, 2, 2, 3]
    assert set(process.signals) == {signal.SIGHUP}


def test_none_where_none_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    process = Process()
    watches = [clock(process, None), clock(process, SnapshotEvery(iterations=3))]
    now = 1e6
    for watch in watches:
        watch.look(500)
    assert process.signals == []


@pytest.mark.parametrize(
    ("before", "after"), [("", ""), ("a\n", "a\n"), ("a\nIteration 3, lo", "a\nIteration 3, lo\n")]
)
def test_the_last_line_is_ended(tmp_path: Path, before: str, after: str) -> None:
    log = tmp_path / "log"
    log.write_text(before)
    end_line(log)
    assert log.read_text() == after
