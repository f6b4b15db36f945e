"""One script for pycaffe, run by both: what it sees in the arrays that it holds is the same."""

import os
import subprocess
import sys
from pathlib import Path

import bounds
import numpy as np
import pytest
from engines import distance

from layerhint.realcaffe.find import RealCaffe

pytestmark = pytest.mark.parity


def test_a_script_sees_the_same_in_both(real: RealCaffe, tmp_path: Path) -> None:
    """Gradients of the first layers sum over the net, hence the bound of nets."""
    folder = Path(__file__).parent
    path = os.pathsep.join([real.environment.get("PYTHONPATH", ""), str(folder)])
    runs = {
        "caffe": (real.python, real.environment | {"PYTHONPATH": path, "GLOG_minloglevel": "1"}),
        "torchcaffe": (sys.executable, os.environ | {"PYTHONPATH": str(folder)}),
    }
    for module, (python, environment) in runs.items():
        command = [python, folder / "pycaffe_script.py", module, tmp_path]
        subprocess.run(command, env=environment, check=True, timeout=100)
    want, got = (dict(np.load(tmp_path / f"{module}.npz")) for module in runs)
    assert got.keys() == want.keys()
    distances = {key: distance(got[key], want[key]) for key in want}
    assert {key: value for key, value in distances.items() if not value <= bounds.NETS} == {}
    assert float(want["iterations"]) == 8
    assert all(want[f"grad {i} conv 0"].any() for i in range(3))
