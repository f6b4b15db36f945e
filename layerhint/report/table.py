"""The table of an experiment, measured beside the paper: the one model that every output writes."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from layerhint.report.numbers import decimals_for
from layerhint.report.results import ExperimentRecord, MethodRow, Reported, Results, Trained


@dataclass(frozen=True)
class Cell:
    """A net's figure in %, at its last test and at its best; None where its training has not finished."""

    training: str
    last: float | None
    best: float | None


@dataclass(frozen=True)
class Row:
    """A line of the table. `role` is "teacher", "student" or "method"; a net trained alone is one cell."""

    label: str
    role: str
    method: str
    cells: tuple[Cell, ...]
    reported: Reported
    leads: bool = False
    reported_leads: bool = False

    @property
    def complete(self) -> bool:
        """Whether all of its nets have finished."""
        return all(cell.last is not None for cell in self.cells)

    @property
    def finished(self) -> int:
        """How many of its nets have."""
        return sum(cell.last is not None for cell in self.cells)

    @property
    def mean(self) -> float | None:
        """Mean over the finished nets of their last test, in %."""
        return _mean([cell.last for cell in self.cells])

    @property
    def best(self) -> float | None:
        """Mean over the finished nets of each one's best test, in %."""
        return _mean([cell.best for cell in self.cells])

    @property
    def difference(self) -> float | None:
        """Measured mean minus the paper's average, in percentage points."""
        if self.mean is None or self.reported.average is None:
            return None
        return self.mean - self.reported.average


@dataclass(frozen=True)
class Table:
    """An experiment's rows: its two plain nets, then its methods in order.

    `nets` and `reported_nets` are the numbers of the Net columns, measured and the paper's.
    """

    symbol: str
    meaning: str
    decimals: int
    rows: tuple[Row, ...]
    nets: int
    reported_nets: int
    has_reported: bool

    @property
    def explanation(self) -> str:
        """What the numbers are, in a sentence or two."""
        differences = " Differences are the mean less the paper's average, in percentage points."
        return f"{self.symbol}: {self.meaning}, at the last test.{differences if self.has_reported else ''}"

    @property
    def methods(self) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.role == "method")


def make_table(results: Results, experiment: ExperimentRecord) -> Table:
    """Measured beside reported, for one experiment."""
    error = experiment.measure == "error"
    scored = {i: _cell(i, results.trained.get(i), error) for i in experiment.trainings}
    methods = [_method(row, scored, experiment) for row in experiment.methods]
    if experiment.profile == "paper":
        methods = _leading(methods, least=error)
    rows = (_plain("teacher", scored, experiment), _plain("student", scored, experiment), *methods)
    return Table(
        symbol="P_e" if error else "P_c",
        meaning="test error in %" if error else "test accuracy in %",
        decimals=decimals_for(results.tested.get(experiment.dataset)),
        rows=rows,
        nets=max((len(row.cells) for row in methods), default=0),
        reported_nets=max((len(row.reported.nets) for row in methods), default=0),
        has_reported=any(row.reported.average is not None or row.reported.nets for row in rows),
    )


def _plain(role: str, scored: Mapping[str, Cell], experiment: ExperimentRecord) -> Row:
    net = experiment.teacher if role == "teacher" else experiment.student
    label = f"{'Teacher' if role == 'teacher' else 'Plain student'}, ResNet-{net['depth']}"
    return Row(label, role, "plain", (scored[net["training"]],), experiment.reported.get(role, Reported()))


def _method(row: MethodRow, scored: Mapping[str, Cell], experiment: ExperimentRecord) -> Row:
    reported = experiment.reported.get(row.method, Reported())
    return Row(row.title, "method", row.method, tuple(scored[i] for i in row.nets), reported)


def score(outputs: Mapping[str, float], error: bool) -> float | None:
    """P_c = 100 accuracy, or P_e = 100 - P_c, in %; None where there is no accuracy."""
    accuracy = outputs.get("accuracy")
    if accuracy is None:
        return None
    return 100 * (1 - accuracy) if error else 100 * accuracy


def _cell(training: str, trained: Trained | None, error: bool) -> Cell:
    if trained is None:
        return Cell(training, None, None)
    last = score(trained.final or {}, error)
    tests = [score(point.outputs, error) for point in trained.test]
    known = [value for value in (*tests, last) if value is not None and math.isfinite(value)]
    return Cell(training, last, (min if error else max)(known) if known else last)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None


def _leading(rows: list[Row], least: bool) -> list[Row]:
    """Marks the best average, measured and reported, as the paper's tables do in bold."""
    measured = [row.mean if row.complete else None for row in rows]
    reported = [row.reported.average for row in rows]
    best, paper = _extreme(measured, least), _extreme(reported, least)
    return [
        replace(
            row,
            leads=best is not None and mean == best,
            reported_leads=paper is not None and average == paper,
        )
        for row, mean, average in zip(rows, measured, reported, strict=True)
    ]


def _extreme(values: Sequence[float | None], least: bool) -> float | None:
    """The best of several values; None unless all of them, and more than one, are known."""
    known = [value for value in values if value is not None and math.isfinite(value)]
    if len(known) < 2 or len(known) < len(values):
        return None
    return min(known) if least else max(known)
