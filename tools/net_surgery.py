"""Joins parts of caffemodels: `python tools/net_surgery.py FILE`. See layerhint/commands/net_surgery.py."""

import sys

from layerhint.commands.net_surgery import main
from layerhint.run_command import run_command

if __name__ == "__main__":
    sys.exit(run_command(main))
