"""A solver's fingerprint, on whichever device it trains."""

import re

from layerhint.records import fingerprint

_MODE = re.compile(r"^solver_mode: CPU$", re.MULTILINE)


def of_solver(text: str) -> str:
    """As `fingerprint.of_prototxt`, with `solver_mode: GPU` for either: what was trained on one device is not trained
    again on another, with a real Caffe as little as with torchcaffe, whose solvers say GPU on a CPU too."""
    return fingerprint.of_prototxt(_MODE.sub("solver_mode: GPU", text))
