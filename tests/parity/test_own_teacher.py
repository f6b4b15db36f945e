"""A teacher that is no ResNet, frozen beside the student, in a real Caffe: every step of a method, by the driver."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from own_nets import experiment_with

from layerhint.paths import ROOT
from layerhint.realcaffe.find import RealCaffe

pytestmark = pytest.mark.parity


@pytest.mark.timeout(300)
def test_a_real_caffe_runs_every_step_and_leaves_the_teacher_as_it_is(real: RealCaffe, tmp_path: Path) -> None:
    """Its net has Slice, shared params, Dropout, BatchNorm, and a layer that works in place on the images."""
    hint = {"base_lr": 1e-9}  # Random weights make large blobs, which the paper's rate would not survive.
    experiment = experiment_with(tmp_path, methods=["proposed", "concurrent"], nets=1, numbers={"hint": hint})
    done = subprocess.run(
        [
            sys.executable,
            "tools/run_pipeline.py",
            experiment.file,
            "--profile",
            "smoke",
            "--engine",
            "caffe",
            "--out",
            str(tmp_path / "run"),
        ],
        cwd=ROOT,
        env=os.environ | {"CAFFE_ROOT": str(real.root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    records = tmp_path / "run/records/cifar10"
    assert 0 <= json.loads((records / "own/test.json").read_text())["final"]["accuracy"] <= 1
    layers = {
        name: json.loads((records / f"own-resnet8/{name}.json").read_text())["frozen"]["layers"]
        for name in ("proposed/g1", "proposed/g2", "proposed/g3", "proposed/net1", "concurrent/stage1")
    }
    # conv1 with its BatchNorm and Scale; conv2; then twin_a to conv3; then scores. Concurrent hints go up to conv3.
    assert list(layers.values()) == [3, 3 + 1, 4 + 4, 8 + 1, 8]
