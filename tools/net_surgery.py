"""Puts a caffemodel together from others: `python tools/net_surgery.py FILE`. See layerhint/commands/net_surgery.py."""

import sys

from layerhint.commands.net_surgery import main
from layerhint.commands.stoppable import stoppable

if __name__ == "__main__":
    sys.exit(stoppable(main))
