#!/usr/bin/env python3
"""Makes data sets: `python tools/make_data.py cifar10`. See layerhint/commands/make_data.py."""

import sys
from pathlib import Path

if __name__ == "__main__":
    # Lets a checkout work that was never installed.
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from layerhint.commands.make_data import main
    from layerhint.run_command import run_command

    sys.exit(run_command(main))
