"""An experiment as a graph of steps, and which of them have to be done."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from layerhint.datasets.state import Dataset
from layerhint.errors import LayerhintError
from layerhint.experiments.experiment import Experiment
from layerhint.experiments.protocol_dataset import dataset_of
from layerhint.records import ids
from layerhint.records.training import Setting
from layerhint.rendering.layout import Layout
from layerhint.steps.check_teacher import CheckTeacher
from layerhint.steps.copy_weights import CopyWeights
from layerhint.steps.make_data import MakeData
from layerhint.steps.step import Context, Step
from layerhint.steps.train import Train
from layerhint.steps.workspace import Workspace
from layerhint.trainings.expand import expand, expand_all
from layerhint.trainings.methods.own_teacher import teacher_tests
from layerhint.trainings.trainings import Training


@dataclass(frozen=True)
class Plan:
    """Steps in running order: each comes after those it needs."""

    steps: tuple[Step, ...]

    @property
    def trains(self) -> tuple[Train, ...]:
        return tuple(step for step in self.steps if isinstance(step, Train))

    def pending(self, context: Context) -> dict[str, str]:
        """The steps that are not up to date, by id, each with the reason, in running order."""
        reasons: dict[str, str] = {}
        for step in self.steps:
            parent = next((need for need in reversed(step.needs) if need in reasons), None)
            why = step.why_not(context) if parent is None else f"needs {parent}"
            if why is not None:
                reasons[step.id] = why
        return reasons


def make_plan(experiments: Sequence[Experiment], workspace: Workspace) -> Plan:
    """The steps of some experiments. A step that several experiments share is there once."""
    trainings = {training.id: training for training in expand_all(experiments)}
    settings = _settings(experiments)
    layout = workspace.layout
    steps: list[Step] = [*_data_steps(experiments, Path(layout.data))]
    for test in teacher_tests(experiments):
        steps.append(CheckTeacher(test, (ids.data(test.dataset),), Path(layout.data) / test.dataset))
    for training in trainings.values():
        steps += _of_training(training, trainings, settings[training.id], layout)
    return Plan(tuple(steps))


def _data_steps(experiments: Sequence[Experiment], folder: Path) -> list[MakeData]:
    """One for each data set. Raises LayerhintError where two experiments mean different images by one name."""
    wanted: dict[str, tuple[Dataset, bool]] = {}
    for experiment in experiments:
        images = (dataset_of(experiment.protocol), experiment.data == "sample")
        if wanted.setdefault(experiment.dataset, images) != images:
            raise LayerhintError(
                f"the experiments mean different images by the data set {experiment.dataset}: run them in folders of "
                "their own (--out), or name their data sets apart"
            )
    return [MakeData(name, dataset, folder, sample) for name, (dataset, sample) in sorted(wanted.items())]


def count_steps(trainings: Iterable[Training]) -> int:
    """How many steps a plan of these trainings has, one for each data set's LMDBs included."""
    known = list(trainings)
    return len({t.dataset for t in known}) + sum(1 + (t.init is not None) for t in known)


def _of_training(training: Training, trainings: dict[str, Training], setting: Setting, layout: Layout) -> list[Step]:
    steps: list[Step] = []
    needs: tuple[str, ...] = (ids.data(training.dataset),)
    if training.init is not None:
        sources = tuple(layout.source_weights(source, trainings) for source in training.init.sources)
        copy = CopyWeights(training, (*needs, *training.parents), sources)
        steps.append(copy)
        needs = (*needs, copy.id)
    kept = layout.source_weights(training.frozen, trainings) if training.frozen else None
    steps.append(Train(training, needs, kept, setting, Path(layout.data) / training.dataset))
    return steps


def _settings(experiments: Sequence[Experiment]) -> dict[str, Setting]:
    """The setting in the record of each training, by its id: that of the first experiment that has it."""
    settings: dict[str, Setting] = {}
    for e in experiments:
        setting = Setting(e.profile, e.scale, dict(e.overrides), e.data)
        for training in expand(e):
            settings.setdefault(training.id, setting)
    return settings
