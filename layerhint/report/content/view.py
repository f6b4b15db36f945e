"""Everything that the outputs show of one experiment, worked out once."""

from dataclasses import dataclass
from functools import partial

from layerhint.records.experiment_description import ExperimentDescription
from layerhint.report.content.costs import CostTable, cost_table
from layerhint.report.content.facts import Facts, gather_facts
from layerhint.report.content.table import Table, make_table
from layerhint.report.content.variant_table import VariantTable, make_variant_table
from layerhint.report.content.verdicts import Judgement, judge_all
from layerhint.report.reading.results import Results
from layerhint.report.reading.trained import Trained


@dataclass(frozen=True)
class View:
    """An experiment, its table, the verdicts on the paper's claims and on other comparisons, the facts about it, its
    variants, what its nets cost, and its finished trainings in the table's order. `images` is the number of test
    images, None where not recorded."""

    experiment: ExperimentDescription
    table: Table
    claims: tuple[Judgement, ...]
    comparisons: tuple[Judgement, ...]
    facts: Facts
    variants: VariantTable | None
    costs: CostTable | None
    trained: tuple[Trained, ...]
    images: int | None

    @property
    def judgements(self) -> tuple[Judgement, ...]:
        """All verdicts, those on the paper's claims first."""
        return (*self.claims, *self.comparisons)

    @property
    def finished(self) -> int:
        """How many trainings have finished; a given teacher does not count."""
        return sum(not trained.result.is_taken for trained in self.trained)

    @property
    def to_train(self) -> int:
        """How many trainings there are."""
        return len(self.experiment.trainings) - sum(trained.result.is_taken for trained in self.trained)


def view_of(results: Results, experiment: ExperimentDescription) -> View:
    """The view of one experiment of a run."""
    table = make_table(results, experiment)
    variants = [(v.name, v.variant or "", make_table(results, v)) for v in results.variants(experiment)]
    judge = partial(judge_all, rows=table.rows, least=experiment.is_error, judged=experiment.profile == "paper")
    return View(
        experiment=experiment,
        table=table,
        claims=judge(experiment.claims),
        comparisons=judge(experiment.comparisons),
        facts=gather_facts(results, experiment, table),
        variants=make_variant_table(table, variants),
        costs=cost_table(results, experiment),
        trained=tuple(results.trained[i] for i in experiment.trainings if i in results.trained),
        images=results.tested(experiment.dataset),
    )
