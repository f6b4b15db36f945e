"""A solver's fingerprint, which is the same for every device."""

import re

from layerhint.records import fingerprint

_MODE = re.compile(r"^solver_mode: CPU$", re.MULTILINE)


def of_solver(text: str) -> str:
    """As `fingerprint.of_prototxt`, but `solver_mode: CPU` counts as GPU, so that a training that is done on one device
    is not done again on another. A real Caffe's solvers name the mode; torchcaffe's always say GPU."""
    return fingerprint.of_prototxt(_MODE.sub("solver_mode: GPU", text))
