"""A small run of the driver on a stand-in for Caffe: KD of one student from a small teacher, on the sample."""

from pathlib import Path
from typing import Any

from fake_engine import FakeEngine

from layerhint.experiments.experiment import load_experiment
from layerhint.records.finished import Finished
from layerhint.records.records import read_finished
from layerhint.records.training import TrainingResult
from layerhint.rendering.render import render, write
from layerhint.running.plan import Plan, make_plan
from layerhint.steps.step import Context
from layerhint.steps.workspace import Workspace
from layerhint.watching.outlook import Outlook
from layerhint.watching.progress import Display

TEACHER = "cifar10/resnet14/plain/plain"
STUDENT = "cifar10/resnet8/plain/plain"
NET1 = "cifar10/resnet14-resnet8/kd/net1"


def setting(experiment: Path, folder: Path, **overrides: Any) -> tuple[Plan, Context]:
    experiments = [load_experiment(experiment, overrides, profile="smoke")]
    workspace = Workspace.in_folder(str(folder / "run"), None)
    texts = render(experiments, workspace.layout)
    write(texts)
    plan = make_plan(experiments, workspace)
    return plan, Context(workspace, FakeEngine(None), Display(), texts, Outlook({}))


def trained(records: Path, training: str) -> Finished[TrainingResult]:
    found = read_finished(records, training)
    assert found is not None
    record = found.of(TrainingResult)
    assert record is not None
    return record
