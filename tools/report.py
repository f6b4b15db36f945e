"""Writes the report of a run: `python tools/report.py RUN_DIR [--out DIR]`. See layerhint/commands/report.py."""

import sys

from layerhint.commands.report import main
from layerhint.run_command import run_command

if __name__ == "__main__":
    sys.exit(run_command(main))
