"""What watches the readers holds on to nothing."""

import subprocess
import sys

import pytest

from layerhint.paths import ROOT

COMPARES = """
import gc
import numpy as np
from fuzz.coverage import coverage
from fuzz.memory import give_back, resident_bytes

with coverage():
    import atheris

@atheris.instrument_func
def compare(values):
    return (values < 0.5), (0.5 < values), (values == values)

values = np.zeros(8 << 20)
assert [found.all() for found in compare(values)] == [True, False, True]
give_back()
before = resident_bytes()
for _ in range(20):
    compare(values)
give_back()
assert resident_bytes() < before + (64 << 20), resident_bytes() - before
"""


def test_comparisons_of_arrays_are_not_kept() -> None:
    pytest.importorskip("atheris", reason="no atheris on this platform")
    subprocess.run([sys.executable, "-c", COMPARES], cwd=ROOT, check=True)
