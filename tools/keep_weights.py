"""Keeps trained caffemodels in the repository: `python tools/keep_weights.py RUN TRAINING`. See layerhint/kept."""

import sys

from layerhint.commands.keep_weights import main
from layerhint.commands.stoppable import stoppable

if __name__ == "__main__":
    sys.exit(stoppable(main))
