"""The environment of the processes that are measured."""

import os
from collections.abc import Mapping

from layerhint.caffe_command import THREADS
from layerhint.paths import ROOT

HANDICAPS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
"""Variables that make OpenBLAS take another processor's kernels than this one's: a real Caffe goes without them."""


def for_child(environment: Mapping[str, str], threads: int) -> dict[str, str]:
    """The environment in which a process finds the benchmarks and computes with so many threads."""
    paths = [*environment.get("PYTHONPATH", "").split(os.pathsep), str(ROOT)]
    found = os.pathsep.join(dict.fromkeys(filter(None, paths)))
    return {**environment, **dict.fromkeys(THREADS, str(threads)), "PYTHONPATH": found}


def unhandicapped(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without what slows OpenBLAS."""
    return {name: value for name, value in environment.items() if name not in HANDICAPS}


def blas_settings(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables that OpenBLAS heeds, as they are set."""
    return {name: value for name, value in sorted(environment.items()) if name.startswith("OPENBLAS_")}
