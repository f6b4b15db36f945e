"""The example of pycaffe says the same by both."""

import subprocess
import sys

import pytest

from layerhint.paths import ROOT
from layerhint.realcaffe.find import RealCaffe

pytestmark = pytest.mark.parity


def test_a_trained_net_makes_the_same_mistakes(real: RealCaffe) -> None:
    here = subprocess.run(
        [sys.executable, "examples/classify.py"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    there = subprocess.run(
        [str(real.python), "examples/classify.py", "caffe"],
        cwd=ROOT, env=real.environment, check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert here.stdout == there.stdout
    assert here.stdout.endswith("of 500 images are right\n")
