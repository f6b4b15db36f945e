"""A small run in an empty folder, for the tests of what the driver does with it."""

from pathlib import Path

import pytest
from small_run import setting

from layerhint.paths import ROOT
from layerhint.running.plan import Plan
from layerhint.steps.step import Context


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Plan, Context]:
    """KD of one student from a small teacher, on the sample, in an empty folder."""
    monkeypatch.chdir(ROOT)
    monkeypatch.delenv("FAKE_CAFFE", raising=False)
    experiment = tmp_path / "small.yaml"
    experiment.write_text(
        "title: small\ndataset: cifar10\nteacher: {depth: 14}\nstudent: {depth: 8}\nmethods: [kd]\nnets: 1\n"
    )
    return setting(experiment, tmp_path)
