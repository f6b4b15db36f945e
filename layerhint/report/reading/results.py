"""The records of a run as plain data: experiments, finished trainings, what nets cost, sample images."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from layerhint.errors import LayerhintError
from layerhint.records import ids
from layerhint.records.cost import Cost, MeasureCostResult
from layerhint.records.experiment_description import ExperimentDescription
from layerhint.records.finished import Finished, Result
from layerhint.records.records import is_past, read_experiment, read_finished, record_ids
from layerhint.records.sample_sheet import SampleImagesResult
from layerhint.records.step_results import (
    AveragePredictionsResult,
    CheckTeacherResult,
    CopyWeightsResult,
    MakeDataResult,
)
from layerhint.records.training import TrainingResult
from layerhint.report.reading.trained import Trained


@dataclass(frozen=True)
class Averaged:
    """The accuracy of the mean of several nets' probabilities, and the fingerprints of what it was measured with."""

    accuracy: float
    inputs: Mapping[str, str]


@dataclass
class Results:
    """All that a run's records tell the report.

    `trained` and `copied` are by training; `copied` has the fingerprints of what its initial weights were put together
    from. `costs` are by the plain training of the net, `data` and `samples` by data set. `averaged` has the accuracy of
    several nets together, by those nets, `checked` the test outputs of users' own teachers, by test.
    """

    folder: Path
    experiments: list[ExperimentDescription] = field(default_factory=list)
    trained: dict[str, Trained] = field(default_factory=dict)
    checked: dict[str, Mapping[str, float]] = field(default_factory=dict)
    copied: dict[str, Mapping[str, str]] = field(default_factory=dict)
    data: dict[str, MakeDataResult] = field(default_factory=dict)
    costs: dict[str, Cost] = field(default_factory=dict)
    samples: dict[str, SampleImagesResult] = field(default_factory=dict)
    averaged: dict[tuple[str, ...], Averaged] = field(default_factory=dict)

    def experiment(self, name: str) -> ExperimentDescription:
        """The experiment of this name. Raises LayerhintError for one that has no record here."""
        for experiment in self.experiments:
            if experiment.name == name:
                return experiment
        known = ", ".join(e.name for e in self.experiments)
        raise LayerhintError(f"{self.folder} holds no record of experiment {name!r}; it holds: {known}")

    @property
    def bases(self) -> tuple[ExperimentDescription, ...]:
        """The experiments that are no variant of another one here, in the paper's order."""
        names = {experiment.name for experiment in self.experiments}
        return tuple(e for e in self.experiments if e.variant_of not in names)

    def variants(self, base: ExperimentDescription) -> tuple[ExperimentDescription, ...]:
        """The variants of an experiment."""
        return tuple(e for e in self.experiments if e.variant_of == base.name)

    def accuracy_together(self, nets: tuple[str, ...]) -> float | None:
        """The accuracy of the mean of some nets' probabilities; None if it was not measured, or with other caffemodels
        than the nets' present ones."""
        found = self.averaged.get(nets)
        if found is None or not all(net in self.trained for net in nets):
            return None
        present = [item for net in nets for item in self.trained[net].outputs.items()]
        return found.accuracy if all(found.inputs.get(path) == sha256 for path, sha256 in present) else None

    def tested(self, dataset: str) -> int | None:
        """The number of a data set's test images; None where it is not recorded."""
        return self.data[dataset].test if dataset in self.data else None


def shown_ids(folder: Path) -> list[str]:
    """The ids of the records that a report is made from: the finished steps' and the experiments', not its own."""
    return [record_id for record_id in record_ids(folder) if record_id != ids.REPORT and not ids.is_note(record_id)]


def read_results(folder: Path) -> Results:
    """Reads a run's `records` folder.

    Raises LayerhintError for a folder without an experiment's record, and for a damaged record.
    """
    results = Results(folder)
    for record_id in shown_ids(folder):
        if ids.is_experiment(record_id):
            experiment = read_experiment(folder, ids.name_of_experiment(record_id))
            if experiment is not None:
                results.experiments.append(experiment)
        else:
            record = read_finished(folder, record_id)
            if record is not None:
                _take(results, record)
    if not results.experiments:
        raise LayerhintError(
            f"{folder} holds no record of an experiment, so there is nothing to report. Name the folder of a run: "
            "one that `python tools/run_pipeline.py` made, with records/experiments/*.json in it"
        )
    results.experiments.sort(key=_papers_order)
    return results


def _take(results: Results, record: Finished[Result]) -> None:
    trained = record.of(TrainingResult)
    if trained is not None and not is_past(results.folder, record.id):
        results.trained[record.id] = trained
    match record.result:
        case CheckTeacherResult() as result:
            results.checked[record.id] = result.final
        case CopyWeightsResult():
            results.copied[ids.training_of_initial_weights(record.id)] = record.inputs
        case MakeDataResult() as result:
            results.data[result.dataset] = result
        case MeasureCostResult() as result:
            results.costs[result.training] = result.cost
        case SampleImagesResult() as result:
            results.samples[result.dataset] = result
        case AveragePredictionsResult() as result:
            results.averaged[result.nets] = Averaged(result.accuracy, record.inputs)


_PAPER = ("table1", "fig4", "fig5", "table2", "table3", "fig7", "table4", "fig8", "fig9", "fig10", "table5", "table6")


def _papers_order(experiment: ExperimentDescription) -> tuple[int, str, str]:
    """A sort key: the paper's experiments first, in the paper's order; a variant after its base."""
    base = experiment.variant_of or experiment.name
    return (_PAPER.index(base) if base in _PAPER else len(_PAPER), base, experiment.variant or "")
