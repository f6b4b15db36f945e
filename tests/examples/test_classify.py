"""The example of pycaffe."""

import os
import subprocess
import sys

from layerhint.paths import ROOT


def test_the_kept_net_reads_the_sample() -> None:
    """0.50 % of 10,000 images are wrong by its record; of 500 eleven or more would be, by chance, once in 10,000."""
    done = subprocess.run(
        [sys.executable, "examples/classify.py"],
        cwd=ROOT, env=os.environ | {"GLOG_minloglevel": "2"}, check=True, capture_output=True, text=True,
    )  # fmt: skip
    *mistakes, last = done.stdout.splitlines()
    assert last == f"{500 - len(mistakes)} of 500 images are right"
    assert len(mistakes) <= 10
    assert done.stderr == ""
