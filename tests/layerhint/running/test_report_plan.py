"""The steps that the report needs besides the trainings."""

from pathlib import Path
from typing import Any

from own_nets import experiment_with

from layerhint.experiments.experiment import Experiment, load_experiment
from layerhint.running.report_plan import make_report_plan
from layerhint.steps.average_predictions import AveragePredictions
from layerhint.steps.measure_cost import MeasureCost
from layerhint.steps.workspace import Workspace

PAIR = "cifar10/resnet26-resnet14"


def averages(experiment: Experiment) -> list[AveragePredictions]:
    steps = make_report_plan([experiment], Workspace.of_repository()).steps
    return [step for step in steps if isinstance(step, AveragePredictions)]


def table1(**settings: Any) -> Experiment:
    return load_experiment("table1", settings)


def test_what_is_measured_and_shown_and_the_report_at_last() -> None:
    *steps, last = make_report_plan([table1()], Workspace.of_repository()).steps
    costs = [step.training.id for step in steps if isinstance(step, MeasureCost)]
    assert costs == ["cifar10/resnet26/plain/plain", "cifar10/resnet14/plain/plain"]
    assert [step.kind for step in steps[len(costs) :]] == ["sample images"]
    assert last.kind == "write report"


def test_each_method_s_students_run_together_where_their_predictions_are_averaged() -> None:
    found = averages(table1(averaging="predictions"))
    methods = ["kd", "hint-kd", "hint-kd-plus", "proposed"]
    assert [step.needs for step in found] == [tuple(f"{PAIR}/{method}/net{k}" for k in (1, 2, 3)) for method in methods]
    assert {step.plain.id for step in found} == {"cifar10/resnet14/plain/plain"}
    assert averages(table1()) == []


def test_one_student_alone_has_no_average() -> None:
    assert averages(table1(averaging="predictions").model_copy(update={"nets": 1})) == []


def test_without_stage_2_there_is_nothing_to_average(tmp_path: Path) -> None:
    """Nor, below a teacher of one's own, a plain training."""
    assert averages(experiment_with(tmp_path, {"averaging": "predictions"}, stages=[1], methods=["proposed"])) == []
