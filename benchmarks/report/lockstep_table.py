"""The table of several trainings at a time."""

from collections.abc import Sequence

from benchmarks.measured import APART, LOCKSTEP, Together
from benchmarks.report.numbers import plain, times, with_spread
from benchmarks.report.table import Table


def lockstep_table(found: Sequence[Together]) -> Table:
    """Milliseconds for an iteration of each of the trainings, one after the other and in lockstep, and peak memory."""
    return Table(
        "Lockstep",
        ("Nets", "Images", "one after the other", "in lockstep", "factor", "MiB, apart", "MiB, lockstep"),
        tuple(_row(each) for each in found),
        2,
        (
            "Milliseconds for one iteration of every one of the nets, which share teacher and data: median (quartiles) "
            "of the rounds. Both ways in one process; the fast path.",
        ),
    )


def _row(found: Together) -> tuple[str, ...]:
    return (
        f"{found.count} x {found.title}",
        found.images,
        *(with_spread(found.milliseconds(way)) for way in (APART, LOCKSTEP)),
        times(found.times_as_fast),
        *(plain(found.peak_bytes[way] / 2**20) for way in (APART, LOCKSTEP)),
    )
