"""All tables of a run."""

from collections.abc import Iterator

from benchmarks.forecast import forecast
from benchmarks.measured import Measured
from benchmarks.report.database_table import database_table
from benchmarks.report.forecast_table import forecast_table
from benchmarks.report.lockstep_table import lockstep_table
from benchmarks.report.table import Table
from benchmarks.report.training_tables import floors_table, iterations_table, memory_table, start_up_table


def tables(measured: Measured) -> Iterator[Table]:
    """The tables for which the run has results."""
    titles = measured.titles
    if measured.iterations:
        yield iterations_table(measured.iterations, titles)
        yield floors_table(measured.iterations, titles)
        yield memory_table(measured.iterations, titles, on_gpu=measured.conditions.gpu is not None)
        yield from forecast_table(forecast(measured.iterations, measured.together), titles)
    if measured.together:
        yield lockstep_table(measured.together)
    if measured.start_up:
        yield start_up_table(measured.start_up, titles)
    if measured.databases:
        yield database_table(measured.databases, titles)
