"""Copies trained caffemodels into the repository: `python tools/keep_weights.py RUN TRAINING`. See layerhint/kept."""

import sys

from layerhint.commands.keep_weights import main
from layerhint.run_command import run_command

if __name__ == "__main__":
    sys.exit(run_command(main))
