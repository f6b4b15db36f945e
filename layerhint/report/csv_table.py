"""The table as CSV: one line a row, numbers as in the table."""

import csv
import io

from layerhint.report.grid import Field, grid_of
from layerhint.report.numbers import ABSENT, MINUS
from layerhint.report.view import View


def csv_of(view: View) -> str:
    """Each line says under which profile and scale it was measured; what is absent is empty."""
    experiment, grid = view.experiment, grid_of(view.table)
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["experiment", "profile", "scale", "measure", "row", *(column.key for column in grid.columns)])
    run = [experiment.name, experiment.profile, f"{experiment.scale:g}", experiment.measure]
    for line in grid.lines:
        row = line.row.method if line.row.role == "method" else line.row.role
        writer.writerow([*run, row, *map(_plain, line.fields)])
    return stream.getvalue()


def _plain(field: Field) -> str:
    return "" if field.text == ABSENT else field.text.replace(MINUS, "-")
