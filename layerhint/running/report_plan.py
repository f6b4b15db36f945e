"""The steps that the report needs besides the trainings: what the nets cost, sample images, the report itself."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from layerhint.experiments.experiment import Experiment
from layerhint.running.plan import Plan
from layerhint.steps.average_predictions import AveragePredictions
from layerhint.steps.measure_cost import cost_steps
from layerhint.steps.sample_images import SampleImages
from layerhint.steps.workspace import Workspace
from layerhint.steps.write_report import WriteReport
from layerhint.trainings.expand import expand_all, expand_own


def make_report_plan(experiments: Sequence[Experiment], workspace: Workspace) -> Plan:
    """They come after all trainings, so that latencies are measured on a machine that does nothing else.

    The report comes last and needs none of them: it says itself which figures are missing.
    """
    data = Path(workspace.layout.data)
    costs = cost_steps(expand_all(experiments))
    titles = {experiment.dataset: experiment.protocol.title for experiment in experiments}
    samples = [SampleImages(dataset, title, data) for dataset, title in sorted(titles.items())]
    averages = {step.id: step for experiment in experiments for step in _averages(experiment, data)}
    steps = (*costs, *samples, *averages.values())
    return Plan((*steps, WriteReport()))


def _averages(experiment: Experiment, data: Path) -> Iterator[AveragePredictions]:
    """One for each method of several students, if the switch `averaging` asks for it: nets have to run for it."""
    if experiment.switches.averaging != "predictions" or 2 not in experiment.stages:
        return
    trainings = expand_own(experiment)
    plain = [training for training in trainings if training.stage == 0][-1]
    for method in experiment.methods:
        nets = [training for training in trainings if training.method == method and training.stage == 2]
        if len(nets) > 1:
            yield AveragePredictions(nets, plain, data)
    if experiment.against is not None:
        yield from _averages(experiment.against, data)
