"""Writes the report of a run: `python tools/report.py RUN_DIR [--out DIR]`. See layerhint/commands/report.py."""

import sys

from layerhint.commands.report import main
from layerhint.commands.stoppable import stoppable

if __name__ == "__main__":
    sys.exit(stoppable(main))
