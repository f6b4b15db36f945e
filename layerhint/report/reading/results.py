"""The records of a run as plain data: experiments, finished trainings, what nets cost, sample images."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from layerhint.cost.figures import Cost
from layerhint.errors import LayerhintError
from layerhint.records.records import is_past, of_finished, read_record
from layerhint.report.reading.experiments import ExperimentRecord, experiment_of
from layerhint.report.reading.samples import SampleSheet, sheet_of
from layerhint.report.reading.trained import TAKEN, Copied, Trained, trained_of

OWN = "report"


@dataclass(frozen=True)
class DataRecord:
    """A data set that was made: how many images, and the fingerprint of what its LMDBs and means hold."""

    dataset: str
    train: int
    test: int
    content: str


@dataclass(frozen=True)
class Averaged:
    """The accuracy of the mean of several nets' probabilities, and the fingerprints of what it was measured with."""

    accuracy: float
    inputs: Mapping[str, str]


@dataclass
class Results:
    """All that a run's records tell the report.

    `trained` and `copied` are by training, `costs` by the plain training of the net, `data` and `samples` by data set,
    `averaged`, what several nets do together, by those nets. `checked` has the test outputs of teachers that their
    owners have trained, by test.
    """

    folder: Path
    experiments: list[ExperimentRecord] = field(default_factory=list)
    trained: dict[str, Trained] = field(default_factory=dict)
    checked: dict[str, Mapping[str, float]] = field(default_factory=dict)
    copied: dict[str, Copied] = field(default_factory=dict)
    data: dict[str, DataRecord] = field(default_factory=dict)
    costs: dict[str, Cost] = field(default_factory=dict)
    samples: dict[str, SampleSheet] = field(default_factory=dict)
    averaged: dict[tuple[str, ...], Averaged] = field(default_factory=dict)

    def experiment(self, name: str) -> ExperimentRecord:
        """Raises LayerhintError for an experiment that has no record here."""
        for experiment in self.experiments:
            if experiment.name == name:
                return experiment
        known = ", ".join(e.name for e in self.experiments)
        raise LayerhintError(f"{self.folder} holds no record of experiment {name!r}; it holds: {known}")

    @property
    def bases(self) -> tuple[ExperimentRecord, ...]:
        """The experiments that are no variant of another one here, in the paper's order."""
        names = {experiment.name for experiment in self.experiments}
        return tuple(e for e in self.experiments if e.variant_of not in names)

    def variants(self, base: ExperimentRecord) -> tuple[ExperimentRecord, ...]:
        """The variants of an experiment."""
        return tuple(e for e in self.experiments if e.variant_of == base.name)

    def accuracy_together(self, nets: tuple[str, ...]) -> float | None:
        """Of the mean of some nets' probabilities; None where it was not measured, or of other caffemodels than the
        nets' present ones."""
        found = self.averaged.get(nets)
        if found is None or not all(net in self.trained for net in nets):
            return None
        present = [item for net in nets for item in self.trained[net].outputs.items()]
        return found.accuracy if all(found.inputs.get(path) == sha256 for path, sha256 in present) else None

    def tested(self, dataset: str) -> int | None:
        """The number of a data set's test images; None where it is not recorded."""
        return self.data[dataset].test if dataset in self.data else None


def record_ids(folder: Path) -> list[str]:
    """The ids of the finished steps' records in a folder, sorted; the report's own is left out."""
    ids = (path.relative_to(folder).as_posix().removesuffix(".json") for path in folder.rglob("*.json"))
    return sorted(i for i in ids if i != OWN and of_finished(i))


def read_results(folder: Path) -> Results:
    """Reads a run's `records` folder.

    Raises LayerhintError for a folder without an experiment's record, and for a damaged record.
    """
    results = Results(folder)
    for step_id in record_ids(folder):
        record = read_record(folder, step_id)
        taker = _TAKERS.get(record.get("kind", "")) if record else None
        if record is None or taker is None:
            continue
        try:
            taker(results, step_id, record)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise LayerhintError(
                f"{folder / step_id}.json is damaged ({type(error).__name__}: {error}). Delete it and run the "
                "experiment again: the driver then writes it anew"
            ) from None
    if not results.experiments:
        raise LayerhintError(
            f"{folder} holds no record of an experiment, so there is nothing to report. Name the folder of a run: "
            "one that `python tools/run_pipeline.py` made, with records/experiments/*.json in it"
        )
    results.experiments.sort(key=_papers_order)
    return results


def _take_experiment(results: Results, step_id: str, record: Mapping[str, Any]) -> None:
    results.experiments.append(experiment_of(record))


def _take_training(results: Results, step_id: str, record: Mapping[str, Any]) -> None:
    if not is_past(results.folder, step_id):
        results.trained[step_id] = trained_of(step_id, record)


def _take_check(results: Results, step_id: str, record: Mapping[str, Any]) -> None:
    results.checked[step_id] = record["final"]


def _take_copy(results: Results, step_id: str, record: Mapping[str, Any]) -> None:
    results.copied[step_id.removesuffix("_init")] = Copied(record["inputs"], record["outputs"])


def _take_data(results: Results, step_id: str, record: Mapping[str, Any]) -> None:
    made = DataRecord(record["dataset"], int(record["train"]), int(record["test"]), record.get("content", ""))
    results.data[made.dataset] = made


def _take_cost(results: Results, step_id: str, record: Mapping[str, Any]) -> None:
    results.costs[record["training"]] = Cost.from_json(record["cost"])


def _take_samples(results: Results, step_id: str, record: Mapping[str, Any]) -> None:
    results.samples[record["dataset"]] = sheet_of(record)


def _take_average(results: Results, step_id: str, record: Mapping[str, Any]) -> None:
    results.averaged[tuple(record["nets"])] = Averaged(float(record["accuracy"]), record["inputs"])


_TAKERS: Mapping[str, Callable[[Results, str, Mapping[str, Any]], None]] = {
    "experiment": _take_experiment,
    "train": _take_training,
    TAKEN: _take_training,
    "check teacher": _take_check,
    "copy weights": _take_copy,
    "make data": _take_data,
    "measure cost": _take_cost,
    "sample images": _take_samples,
    "average predictions": _take_average,
}


_PAPER = ("table1", "fig4", "fig5", "table2", "table3", "fig7", "table4", "fig8", "fig9", "fig10", "table5", "table6")


def _papers_order(experiment: ExperimentRecord) -> tuple[int, str, str]:
    """The paper's own first, as they come in it; a variant after its base."""
    base = experiment.variant_of or experiment.name
    return (_PAPER.index(base) if base in _PAPER else len(_PAPER), base, experiment.variant)
