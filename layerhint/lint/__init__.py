"""Checks what was generated before an iteration is spent on it.

Each rule is a file in `rules`: it looks at the generated text, as Caffe reads it, and at the description that the text
was made from, and finds what would train without an error and spoil the result. A rule follows the description of a
training (has it a frozen part, hint/guided pairs, soft targets, a surgery?), never the name of a method.
"""

from layerhint.lint.finding import Finding, faults_of
from layerhint.lint.linter import lint

__all__ = ["Finding", "faults_of", "lint"]
