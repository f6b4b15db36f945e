"""What watches the readers holds on to nothing."""

import subprocess
import sys

import pytest

from layerhint.paths import ROOT

COMPARES = """
import os
import sys
import numpy as np
from fuzz.coverage import coverage, hide_arrays
from fuzz.memory import give_back, resident_bytes

with coverage():
    import atheris

@atheris.instrument_func
def compare(values):
    return (values < 0.5), (0.5 < values), (values == values)

values = np.zeros(8 << 20)
assert [found.all() for found in compare(values)] == [True, False, True]

def read(_: bytes) -> None:
    hide_arrays()
    give_back()
    before = resident_bytes()
    for _ in range(20):
        compare(values)
    give_back()
    grown = resident_bytes() - before
    os._exit(grown > 64 << 20)  # Otherwise atheris goes on for ever.

atheris.Setup([sys.argv[0], "-verbosity=0"], read)
atheris.Fuzz()
"""


def test_comparisons_of_arrays_are_not_kept() -> None:
    pytest.importorskip("atheris", reason="no atheris on this platform")
    subprocess.run([sys.executable, "-c", COMPARES], cwd=ROOT, check=True)
