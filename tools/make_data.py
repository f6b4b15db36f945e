#!/usr/bin/env python3
"""Make the LMDBs and mean files of a data set; see --help."""

import sys
from pathlib import Path

if __name__ == "__main__":
    # So that a checkout that was never installed works too.
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from layerhint.commands.make_data import main
    from layerhint.run_command import run_command

    sys.exit(run_command(main))
