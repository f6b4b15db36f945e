"""Puts a caffemodel together from others: `python tools/net_surgery.py FILE`. See layerhint/commands/net_surgery.py."""

import sys

from layerhint.commands.net_surgery import main

if __name__ == "__main__":
    sys.exit(main())
