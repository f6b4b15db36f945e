"""Shows what nets cost, teacher beside student: `python tools/cost.py table1`. See layerhint/commands/cost.py."""

import sys

from layerhint.commands.cost import main
from layerhint.commands.stoppable import stoppable

if __name__ == "__main__":
    sys.exit(stoppable(main))
