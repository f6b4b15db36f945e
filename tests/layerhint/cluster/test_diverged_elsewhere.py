"""A training that has diverged on another machine leaves nothing here to go on from."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from layerhint.cluster.connection import Cluster
from layerhint.cluster.needs import Needs
from layerhint.cluster.run import _Campaign
from layerhint.engines.torch import TorchEngine
from layerhint.experiments.experiment import load_experiment
from layerhint.paths import ROOT
from layerhint.running.plan import Plan, make_plan
from layerhint.steps.step import Context
from layerhint.steps.workspace import Workspace
from layerhint.watching.outlook import Outlook
from layerhint.watching.progress import Display


def test_all_its_snapshots_are_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine had the last snapshot alone; those from before are here."""
    monkeypatch.chdir(ROOT)
    workspace = Workspace.in_folder(str(tmp_path), None)
    step = make_plan([load_experiment("table1")], workspace).trains[0]
    prefix = Path(workspace.layout.snapshot_prefix(step.training))
    prefix.parent.mkdir(parents=True)
    names = {f"{prefix.name}_iter_{n}.{ending}" for n in (5000, 10000) for ending in ("caffemodel", "solverstate")}
    for name in names:
        (prefix.parent / name).write_bytes(b"")
    context = Context(workspace, TorchEngine("cpu"), Display(), {}, Outlook({}))
    ray: Any = SimpleNamespace()
    campaign = _Campaign(Plan((step,)), context, Cluster(ray), Needs(cores=1, gpus=0, threads=1))
    job: Any = SimpleNamespace(step=step, stopping=False, close=lambda: None)
    campaign._jobs = {step.id: job}
    campaign._conclude(job, "diverged", "the training loss is nan")
    assert {path.name for path in (prefix.parent / "replaced").iterdir()} == names
    assert [path.name for path in prefix.parent.iterdir()] == ["replaced"]
    assert campaign._outcome.failed == {step.id: "the training loss is nan"}
