"""Shows what nets cost, such as teacher and student: `python tools/cost.py table1`. See layerhint/commands/cost.py."""

import sys

from layerhint.commands.cost import main
from layerhint.run_command import run_command

if __name__ == "__main__":
    sys.exit(run_command(main))
