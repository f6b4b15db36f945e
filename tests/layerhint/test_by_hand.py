"""The commands in the solvers' headers, run by hand in the order of the steps; the driver takes up what they made."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from layerhint.datasets.make import make_dataset
from layerhint.experiments.experiment import load_experiment
from layerhint.paths import ROOT
from layerhint.rendering.layout import Layout
from layerhint.rendering.render import render, write
from layerhint.trainings.expand import expand

EXPERIMENT = """
title: small
dataset: cifar10
teacher: {depth: 14}
student: {depth: 8}
methods: [kd, hint-kd, hint-kd-plus, proposed]
nets: 1
"""


def commands(solver: Path) -> list[list[str]]:
    """The lines after `By hand:` in a solver's header."""
    lines = solver.read_text().split("# By hand:\n")[1].splitlines()
    by_hand = [line.removeprefix("#").strip() for line in lines if line.startswith("#   ")]
    return [shlex.split(line) for line in by_hand]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_headers_work_and_the_driver_takes_up_the_results(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(EXPERIMENT)
    experiment = load_experiment(tmp_path / "small.yaml", profile="smoke")
    layout = Layout.under(str(tmp_path / "run"))
    write(render(experiment, layout))
    make_dataset("cifar10", Path(layout.data), sample=True)
    folder = Path(sys.executable).parent
    environment = os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    trainings = expand(experiment)
    for training in trainings:
        for command in commands(Path(layout.solver(training))):
            subprocess.run(command, check=True, cwd=ROOT, env=environment, capture_output=True)
        assert Path(layout.final_weights(training)).is_file()
    made = {t.id: Path(layout.final_weights(t)).stat().st_mtime_ns for t in trainings}
    driver = [sys.executable, "tools/run_pipeline.py", str(tmp_path / "small.yaml"), "--profile", "smoke"]
    done = subprocess.run(
        [*driver, "--out", str(tmp_path / "run")], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert made == {t.id: Path(layout.final_weights(t)).stat().st_mtime_ns for t in trainings}, done.stdout
    again = subprocess.run(
        [*driver, "--out", str(tmp_path / "run")], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "steps are up to date" in again.stdout
    assert "by hand" in " ".join(again.stdout.split())
