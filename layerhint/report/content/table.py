"""The table of an experiment, measured beside the paper: the one model that every output writes."""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, cast

from layerhint.records.experiment_description import DescribedMethod, DescribedNet, ExperimentDescription, ReportedRow
from layerhint.report.content.scores import best_score, last_score, score
from layerhint.report.numbers import decimals_for, step_of
from layerhint.report.reading.results import Results
from layerhint.report.statistics.intervals import Difference, Sample, difference, pool_of, sample_of
from layerhint.report.statistics.reported import sample_of_reported

Role = Literal["teacher", "student", "method", "against"]
Taken = Literal["last", "best"]


@dataclass(frozen=True)
class Cell:
    """A net's figure in %, at its last test and at its best; None where its training has not finished."""

    training: str
    last: float | None
    best: float | None

    def figure(self, taken: Taken) -> float | None:
        return self.last if taken == "last" else self.best


@dataclass(frozen=True)
class Row:
    """A line of the table.

    `key` is its method, "teacher" or "student"; a row of the experiment shown beside (`role` "against") has an @ and
    that experiment's name added. A net trained alone is one cell. `taken` says which figure of each net is compared.
    `averaged` is the figure of the nets' averaged predictions, None if that is not recorded; with `together` it is
    compared instead of their mean. `step` is that of the nets' figures. `difference` is the measured average minus the
    paper's, in percentage points. `leads` and `reported_leads` mark the best average, measured and reported.
    """

    key: str
    label: str
    role: Role
    method: str
    cells: tuple[Cell, ...]
    reported: ReportedRow
    taken: Taken = "last"
    averaged: float | None = None
    together: bool = False
    step: float = 0.0
    difference: Difference | None = None
    leads: bool = False
    reported_leads: bool = False

    @property
    def alone(self) -> bool:
        """Whether it is one net, trained without a method."""
        return self.role in ("teacher", "student")

    @property
    def complete(self) -> bool:
        """Whether all of its nets have finished."""
        return all(cell.last is not None for cell in self.cells)

    @property
    def finished(self) -> int:
        """How many of its nets have finished."""
        return sum(cell.last is not None for cell in self.cells)

    @property
    def so_far(self) -> str:
        """`1 of 3 nets`; "" where all have finished, or none."""
        return f"{self.finished} of {len(self.cells)} nets" if 0 < self.finished < len(self.cells) else ""

    @property
    def is_ensemble(self) -> bool:
        """Whether the figure of its nets' averaged predictions is compared."""
        return self.together and self.averaged is not None and not self.alone

    @cached_property
    def nets(self) -> Sample | None:
        """The finished nets' figures; None without any."""
        return self._sample(self.taken)

    @property
    def sample(self) -> Sample | None:
        """The sample to compare: the nets, or their averaged predictions, whose spread from run to run is not known.

        Bare until all nets have finished.
        """
        if self.is_ensemble and self.averaged is not None:
            return Sample(self.averaged, len(self.cells), bare=True)
        return replace(self.nets, bare=not self.complete) if self.nets else None

    @property
    def reported_sample(self) -> Sample | None:
        """What the paper prints, as a sample to compare."""
        return sample_of_reported(self.reported, self.alone)

    @property
    def mean(self) -> float | None:
        """The average that is compared, in %."""
        return self.sample.mean if self.sample else None

    @property
    def other(self) -> float | None:
        """The mean of the figures that are not compared: of each net's best test, or of its last."""
        sample = self._sample("best" if self.taken == "last" else "last")
        return sample.mean if sample else None

    def _sample(self, taken: Taken) -> Sample | None:
        figures = (cell.figure(taken) for cell in self.cells)
        return sample_of([figure for figure in figures if figure is not None], self.step)


@dataclass(frozen=True)
class Table:
    """An experiment's rows: its two plain nets, then its methods in order, then the rows beside its own.

    `nets` and `reported_nets` are the numbers of the Net columns, measured and the paper's.
    """

    symbol: str
    meaning: str
    decimals: int
    taken: Taken
    rows: tuple[Row, ...]
    nets: int
    reported_nets: int
    has_reported: bool
    has_intervals: bool
    has_averaged: bool = False
    beside: str = ""

    @property
    def methods(self) -> tuple[Row, ...]:
        return self._of("method")

    @property
    def against(self) -> tuple[Row, ...]:
        return self._of("against")

    def row(self, key: str) -> Row | None:
        """The row of that key, or None."""
        return next((row for row in self.rows if row.key == key), None)

    def _of(self, role: Role) -> tuple[Row, ...]:
        return tuple(row for row in self.rows if row.role == role)


def make_table(results: Results, experiment: ExperimentDescription) -> Table:
    """Measured beside reported, for one experiment."""
    taken = cast(Taken, experiment.reading("accuracy_taken", "last"))
    together = experiment.reading("averaging", "accuracies") == "predictions"
    images = results.tested(experiment.dataset)
    chosen = (replace(row, taken=taken, together=together, step=step_of(images)) for row in _rows(results, experiment))
    rows = _compared([*chosen])
    if experiment.profile == "paper":
        rows = _leading(rows, least=experiment.is_error)
    methods = [row for row in rows if not row.alone]
    return Table(
        symbol="P_e" if experiment.is_error else "P_c",
        meaning="test error in %" if experiment.is_error else "test accuracy in %",
        decimals=decimals_for(images),
        taken=taken,
        rows=tuple(rows),
        nets=max((len(row.cells) for row in methods), default=0),
        reported_nets=max((len(row.reported.nets) for row in methods), default=0),
        has_reported=any(row.reported.average is not None for row in rows),
        has_intervals=any(row.difference and row.difference.interval for row in rows),
        has_averaged=any(row.averaged is not None for row in rows),
        beside=_beside(experiment),
    )


def _rows(results: Results, experiment: ExperimentDescription) -> Iterator[Row]:
    yield from _plain_rows(results, experiment)
    yield from _method_rows(results, experiment, experiment.methods, "method")
    if experiment.against is not None:
        yield from _method_rows(results, experiment.against, experiment.against.methods, "against")


def _plain_rows(results: Results, experiment: ExperimentDescription) -> Iterator[Row]:
    differ = experiment.teacher.filters != experiment.student.filters
    nets: tuple[tuple[Role, str, DescribedNet], ...] = (
        ("teacher", "Teacher", experiment.teacher),
        ("student", "Plain student", experiment.student),
    )
    for role, title, net in nets:
        if net.training is not None or net.checked:
            widths = f" {net.widths}" if differ and net.widths else ""
            cell = _cell(results, experiment, net.training) if net.training else _checked(results, experiment, net)
            yield Row(role, f"{title}, {net.label}{widths}", role, "plain", (cell,), experiment.reported_of(role))


def _method_rows(
    results: Results, experiment: ExperimentDescription, methods: Iterable[DescribedMethod], role: Role
) -> Iterator[Row]:
    beside = role == "against"
    for row in methods:
        if row.nets:
            key = f"{row.method}@{experiment.base_name}" if beside else row.method
            label = f"{row.title}, {experiment.short}" if beside else row.title
            cells = tuple(_cell(results, experiment, net) for net in row.nets)
            reported = experiment.reported_of(row.method)
            averaged = _averaged(results, experiment, row)
            yield Row(key, label, role, row.method, cells, reported, averaged=averaged)


def _averaged(results: Results, experiment: ExperimentDescription, row: DescribedMethod) -> float | None:
    accuracy = results.accuracy_together(row.nets)
    return None if accuracy is None else score({"accuracy": accuracy}, experiment.is_error)


def _beside(experiment: ExperimentDescription) -> str:
    """A description of the rows shown beside: their teacher, and whether it needs a regressor."""
    other = experiment.against
    if other is None:
        return ""
    widths = [e.teacher.filters == e.student.filters for e in (experiment, other)]
    regressor = ", without a regressor" if widths == [False, True] else ""
    return f"{other.short}: teacher {other.teacher.label} {other.teacher.widths}{regressor}"


def _cell(results: Results, experiment: ExperimentDescription, training: str) -> Cell:
    trained = results.trained.get(training)
    if trained is None:
        return Cell(training, None, None)
    error = experiment.is_error
    return Cell(training, last_score(trained.result, error), best_score(trained.result, error))


def _checked(results: Results, experiment: ExperimentDescription, net: DescribedNet) -> Cell:
    """The figure of a user's own teacher, from its test; it has no training here."""
    figure = score(results.checked.get(net.checked, {}), experiment.is_error)
    return Cell("", figure, figure)


def _compared(rows: list[Row]) -> list[Row]:
    """The rows with their difference to the paper's average."""
    pool = pool_of(row.nets for row in rows)
    samples = ((row, row.sample, row.reported_sample) for row in rows)
    return [
        replace(row, difference=difference(measured, reported, pool)) if measured and reported else row
        for row, measured, reported in samples
    ]


def _leading(rows: list[Row], least: bool) -> list[Row]:
    """Marks the best average among the experiment's own methods, as the paper's tables do in bold."""
    own = [row for row in rows if row.role == "method"]
    best = _extreme([row.mean if row.complete else None for row in own], least)
    paper = _extreme([row.reported.average for row in own], least)
    return [
        replace(
            row,
            leads=best is not None and row.mean == best,
            reported_leads=paper is not None and row.reported.average == paper,
        )
        if row.role == "method"
        else row
        for row in rows
    ]


def _extreme(values: Sequence[float | None], least: bool) -> float | None:
    """The best of several values; None unless all of them, and more than one, are known."""
    known = [value for value in values if value is not None and math.isfinite(value)]
    if len(known) < 2 or len(known) < len(values):
        return None
    return min(known) if least else max(known)
