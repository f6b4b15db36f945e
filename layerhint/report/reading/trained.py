"""A finished training, as its record tells it."""

from layerhint.records.finished import Finished
from layerhint.records.training import TrainingResult

Trained = Finished[TrainingResult]

_NO_FILES = ("engine", "data")
"""Inputs that are no files."""


def taken_from(trained: Trained) -> str:
    """The caffemodel that was given instead of a training; "" if it was trained."""
    files = (name for name in trained.inputs if name not in _NO_FILES and not name.endswith(".prototxt"))
    return next(files, "") if trained.result.is_taken else ""
