"""Puts a caffemodel together from others: `python tools/net_surgery.py FILE`. See layerhint/surgery_cli.py."""

import sys

from layerhint.surgery_cli import main

if __name__ == "__main__":
    sys.exit(main())
