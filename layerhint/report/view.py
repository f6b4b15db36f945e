"""Everything that the outputs show of one experiment, worked out once."""

from dataclasses import dataclass

from layerhint.report.facts import Facts, gather_facts
from layerhint.report.results import ExperimentRecord, Results, Trained
from layerhint.report.table import Table, make_table


@dataclass(frozen=True)
class View:
    """An experiment, its table, the facts about it, and its finished trainings in the table's order."""

    experiment: ExperimentRecord
    table: Table
    facts: Facts
    trained: tuple[Trained, ...]


def view_of(results: Results, experiment: ExperimentRecord) -> View:
    """The view of one experiment of a run."""
    table = make_table(results, experiment)
    trained = tuple(results.trained[i] for i in experiment.trainings if i in results.trained)
    return View(experiment, table, gather_facts(results, experiment, table), trained)
