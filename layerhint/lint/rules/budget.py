"""The budget: whatever its hints, a method's Stage 1 has the same number of iterations in all."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from layerhint.experiments.experiment import Experiment
from layerhint.experiments.profiles import PAPER_PROFILE
from layerhint.lint.cases import TrainingCase
from layerhint.lint.finding import Finding


def check_budget(cases: Sequence[TrainingCase]) -> Iterator[Finding]:
    """G1 + G2 + G3 = the one hint training of Hint-KD = that of concurrent hints, by the solvers' max_iter.

    So the paper has it for each data set. It need not hold for runs with other numbers: another profile or scale, an
    override, or a user's own experiment.
    """
    by_dataset: dict[str, dict[str, list[TrainingCase]]] = defaultdict(lambda: defaultdict(list))
    for case in cases:
        if case.training.train.pairs and _is_paper_s(case.experiment):
            by_dataset[case.training.dataset][case.training.folder].append(case)
    for by_folder in by_dataset.values():
        complete = {folder: steps for folder, steps in by_folder.items() if len(steps) == steps[0].training.steps}
        totals = {folder: sum(case.solver.max_iter for case in steps) for folder, steps in complete.items()}
        counts = Counter(totals.values())
        usual = max(counts, key=lambda total: counts[total], default=0)
        for folder in (folder for folder, total in totals.items() if total != usual):
            yield Finding(
                complete[folder][-1].solver_file,
                None,
                f"the {len(complete[folder])} trainings of this Stage 1 have {totals[folder]} iterations in all, those "
                f"of the data set's other methods {usual}; the paper gives each as many",
                "Let hint.single, hint.concurrent and the sum of hint.layer_wise agree in the data set's protocol",
            )


def _is_paper_s(experiment: Experiment) -> bool:
    """Whether an experiment of the repository runs with the paper's own numbers."""
    as_it_is = experiment.profile == PAPER_PROFILE and experiment.scale == 1 and not experiment.overrides
    return as_it_is and not experiment.is_own
