"""Checks generated files before any training is spent on them.

Each rule is a file in `rules`. It compares the generated text, as Caffe reads it, with the description that the text
was made from, and finds faults that would train without an error and spoil the result. A rule goes by the description
of a training (has it a frozen part, hint/guided pairs, soft targets, a surgery?), never by the name of a method.
"""

from layerhint.lint.finding import Finding, faults_of
from layerhint.lint.linter import lint

__all__ = ["Finding", "faults_of", "lint"]
