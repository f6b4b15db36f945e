"""How often to snapshot, and spans of time, as they are written on the command line."""

import pytest

from layerhint.errors import LayerhintError
from layerhint.spans import seconds_of
from layerhint.steps.snapshot_every import SnapshotEvery


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("9m", 540), ("1.5h", 5400), ("2d", 172800)])
def test_spans(text: str, seconds: float) -> None:
    assert seconds_of(text, "--budget") == seconds


@pytest.mark.parametrize("text", ["9", "m", "9 minutes", "0m", "-3m", ""])
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(LayerhintError, match=r"--budget .*such as 9m"):
        seconds_of(text, "--budget")


def test_iterations_or_time() -> None:
    assert SnapshotEvery.parse("500") == SnapshotEvery(iterations=500)
    assert SnapshotEvery.parse("5m") == SnapshotEvery(seconds=300)
    with pytest.raises(LayerhintError, match="--snapshot-every 0: give at least 1"):
        SnapshotEvery.parse("0")
    with pytest.raises(LayerhintError, match="--snapshot-every often"):
        SnapshotEvery.parse("often")


def test_a_solver_takes_the_interval_and_nothing_else_changes() -> None:
    solver = 'display: 2\nsnapshot: 5000\nsnapshot_prefix: "w/net1"\n'
    assert SnapshotEvery(iterations=7).solver(solver) == 'display: 2\nsnapshot: 7\nsnapshot_prefix: "w/net1"\n'
    assert SnapshotEvery(seconds=7).solver(solver) is None
    with pytest.raises(RuntimeError, match="one line"):
        SnapshotEvery(iterations=7).solver("display: 2\n")
