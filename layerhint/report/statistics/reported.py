"""A row of the paper as a sample, so that it is compared by the same rule as what was measured."""

from dataclasses import replace

from layerhint.records.experiment_description import ReportedRow
from layerhint.report.statistics.intervals import Sample, sample_of

NETS_IN_AN_AVERAGE = 3
"""The paper's averages are over three nets, whether or not it prints them."""
STEP = 0.01
"""The paper prints a net's figure with two decimals."""


def sample_of_reported(row: ReportedRow, alone: bool) -> Sample | None:
    """The printed average, with the spread of its nets if they are printed; with `alone` it is one net's figure."""
    if row.average is None:
        return None
    nets = sample_of(row.nets, STEP)
    return replace(nets, mean=row.average) if nets else Sample(row.average, 1 if alone else NETS_IN_AN_AVERAGE)
