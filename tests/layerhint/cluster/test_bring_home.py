"""What comes back while a run on a cluster ends, on a stand-in for Ray."""

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from layerhint.cluster.connection import Cluster
from layerhint.cluster.needs import Needs
from layerhint.cluster.run import _Campaign
from layerhint.engines.torch import TorchEngine
from layerhint.errors import LayerhintError
from layerhint.running.plan import Plan
from layerhint.steps.step import Context
from layerhint.steps.workspace import Workspace
from layerhint.watching.outlook import Outlook
from layerhint.watching.progress import Display

FULL = "cannot write runs/a/logs/x.log: No space is left"


class RayError(Exception):
    pass


class RayTaskError(RayError):
    pass


RAY = SimpleNamespace(
    wait=lambda due, **_: (list(due), []),
    get=lambda reply: reply,
    exceptions=SimpleNamespace(RayError=RayError, RayTaskError=RayTaskError),
)


class FullDisk:
    """A job whose news finds no room."""

    where, begun, news, stopping = "box1", True, None, False

    def __init__(self, name: str) -> None:
        self.step = SimpleNamespace(id=name)
        self.reply = f"reply of {name}"
        self.closed = False

    def is_due(self) -> bool:
        return True

    def stop(self) -> None:
        self.stopping = True

    def close(self) -> None:
        self.closed = True

    def answered(self, answer: str, context: Context) -> None:
        raise LayerhintError(FULL)


@pytest.mark.timeout(20)
def test_a_full_disk_is_told_once_and_ends_the_run(tmp_path: Path) -> None:
    said = io.StringIO()
    display = Display(Console(file=said, width=200))
    workspace = Workspace.in_folder(str(tmp_path), None)
    context = Context(workspace, TorchEngine("cpu"), display, {}, Outlook({}))
    ray: Any = RAY
    campaign = _Campaign(Plan(()), context, Cluster(ray), Needs(cores=1, gpus=0, threads=1))
    jobs: dict[str, Any] = {name: FullDisk(name) for name in ("a", "b", "c")}
    campaign._jobs = dict(jobs)
    with pytest.raises(LayerhintError, match="No space is left"):
        campaign.run()
    assert all(job.closed for job in jobs.values())
    assert said.getvalue().count(FULL) == 1
