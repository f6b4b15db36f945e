"""The table of what the paper's Table 1 would take."""

from collections.abc import Iterator, Mapping

from benchmarks.forecast import Forecast
from benchmarks.measured import FAST
from benchmarks.report.numbers import ABSENT, percent
from benchmarks.report.table import Table
from layerhint.wording import duration


def forecast_table(found: Forecast | None, titles: Mapping[str, str]) -> Iterator[Table]:
    """A line of whole trainings, if there is a forecast, and one with lockstep where that was measured."""
    if found is None:
        return
    amounts = [f"{found.trainings}", f"{found.iterations:,}", percent(found.measured / found.iterations)]
    times = [duration(found.seconds[key]) if key in found.seconds else ABSENT for key in titles]
    rows = [(found.title, *amounts, *times)]
    if found.in_lockstep is not None:
        times = [duration(found.in_lockstep) if key == FAST else ABSENT for key in titles]
        rows.append((f"{found.title}, in lockstep", *amounts, *times))
    yield Table(
        "Forecast",
        ("What", "trainings", "iterations", "of measured nets", *titles.values()),
        tuple(rows),
        1,
        (
            "All trainings at the paper's schedules, one after the other: iterations x the median time of one, and "
            "each training's tests by their multiply-adds at its rate. Trainings of nets that were not measured count "
            "by their multiply-adds at the mean rate of the others. In lockstep: students of one teacher take their "
            "share of the time that was measured for several of them. No start-up, no snapshots.",
        ),
    )
