"""The table of what the paper's Table 1 would take."""

from collections.abc import Iterator, Mapping

from benchmarks.forecast import Forecast
from benchmarks.report.numbers import ABSENT, percent
from benchmarks.report.table import Table
from layerhint.watching.progress import duration


def forecast_table(found: Forecast | None, titles: Mapping[str, str]) -> Iterator[Table]:
    """A line of whole trainings, if there is a forecast."""
    if found is None:
        return
    times = [duration(found.seconds[key]) if key in found.seconds else ABSENT for key in titles]
    amounts = [f"{found.trainings}", f"{found.iterations:,}", percent(found.measured / found.iterations)]
    yield Table(
        "Forecast",
        ("What", "trainings", "iterations", "of measured nets", *titles.values()),
        ((found.title, *amounts, *times),),
        1,
        (
            "All trainings at the paper's schedules, one after the other: iterations x the median time of one, and "
            "each training's tests by their multiply-adds at its rate. Trainings of nets that were not measured count "
            "by their multiply-adds at the mean rate of the others. No start-up, no snapshots, no lockstep.",
        ),
    )
