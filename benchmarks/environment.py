"""The environment of the processes that are measured."""

import os
from collections.abc import Mapping

from layerhint.caffe_command import THREADS
from layerhint.paths import ROOT

HANDICAPS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
"""Variables that make OpenBLAS use another processor's kernels; a real Caffe runs without them."""


def for_child(environment: Mapping[str, str], threads: int) -> dict[str, str]:
    """`environment` with the benchmarks on PYTHONPATH, and set to compute with `threads` threads."""
    paths = [*environment.get("PYTHONPATH", "").split(os.pathsep), str(ROOT)]
    python_path = os.pathsep.join(dict.fromkeys(filter(None, paths)))
    return {**environment, **dict.fromkeys(THREADS, str(threads)), "PYTHONPATH": python_path}


def unhandicapped(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` without the variables that slow OpenBLAS."""
    return {name: value for name, value in environment.items() if name not in HANDICAPS}


def blas_settings(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """OpenBLAS's variables that are set in `environment`."""
    return {name: value for name, value in sorted(environment.items()) if name.startswith("OPENBLAS_")}
