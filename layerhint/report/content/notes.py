"""What a reader of an experiment's table has to beware of."""

from collections.abc import Iterator

from layerhint.records.experiment_description import DescribedMethod, ExperimentDescription
from layerhint.report.content.table import Table
from layerhint.report.numbers import papers
from layerhint.report.reading.results import Results


def notes_on(results: Results, experiment: ExperimentDescription, table: Table) -> Iterator[str]:
    """The notes above the table, the gravest first."""
    if experiment.differs_from_paper:
        yield (
            "This is not the paper's protocol at full length: the differences from the paper's numbers come from "
            "that first of all."
            if experiment.profile == "paper"
            else "A smoke run shows that every step works. Its numbers mean nothing beside the paper's."
        )
    yield from _unfinished(table)
    other = [
        trained.id
        for i in experiment.trainings
        if (trained := results.trained.get(i)) is not None
        and not trained.result.is_taken
        and (trained.result.profile, trained.result.scale) != (experiment.profile, experiment.scale)
    ]
    if other:
        yield f"Trained under another profile or scale, with the same files: {', '.join(other)}."
    yield from _open_points(experiment, table)
    yield from _disagreements(results, experiment)


def _unfinished(table: Table) -> Iterator[str]:
    if any(not row.complete for row in table.rows):
        yield "A dash stands for a training that has not finished."
    for row in table.rows:
        if not row.alone and row.finished and not row.complete:
            yield f"{row.label}: the mean is over {row.finished} of {len(row.cells)} nets."


def _open_points(experiment: ExperimentDescription, table: Table) -> Iterator[str]:
    """The switches that choose what the report compares, if they are not at their defaults."""
    if experiment.reading("accuracy_taken", "last") == "best":
        yield "Compared are the best tests of each net, which the test images themselves pick (accuracy_taken: best)."
    lacking = [row.label for row in table.rows if row.together and not row.alone and row.averaged is None]
    if lacking:
        yield (
            "Compared are the nets' averaged predictions (averaging: predictions). They have not been measured for "
            f"{', '.join(lacking)}, where the mean of the nets' figures stands in."
        )


def _disagreements(results: Results, experiment: ExperimentDescription) -> Iterator[str]:
    """Where the paper prints two averages for what is one and the same run."""
    for other in results.bases:
        if other.name == experiment.name or other.measure != experiment.measure:
            continue
        there = {row.nets for row in other.methods if row.nets}
        both = [row for row in experiment.methods if row.nets in there]
        texts = [text for row in both if (text := _disagreement(experiment, other, row))]
        if texts:
            yield (
                f"{experiment.short} and {other.short} show the same trainings here, but the paper prints two averages "
                f"for them: {'; '.join(texts)}. Differences of that size are noise in the paper's own figures."
            )


def _disagreement(experiment: ExperimentDescription, other: ExperimentDescription, row: DescribedMethod) -> str:
    averages = [e.reported_of(row.method).average for e in (experiment, other)]
    if None in averages or averages[0] == averages[1]:
        return ""
    shown = [papers(average) for average in averages if average is not None]
    return f"{row.title} {shown[0]} and {shown[1]}"
