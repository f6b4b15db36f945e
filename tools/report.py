"""Writes the report of a run: `python tools/report.py RUN_DIR [--out DIR]`. See layerhint/report/cli.py."""

import sys

from layerhint.report.cli import main

if __name__ == "__main__":
    sys.exit(main())
