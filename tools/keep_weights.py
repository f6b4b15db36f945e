"""Keeps trained caffemodels in the repository: `python tools/keep_weights.py RUN TRAINING`. See layerhint/trained."""

import sys

from layerhint.trained.cli import main

if __name__ == "__main__":
    sys.exit(main())
