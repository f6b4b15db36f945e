"""Renders the experiments to Caffe's files: `python tools/render.py --help`. See layerhint/commands/render.py."""

import sys

from layerhint.commands.render import main
from layerhint.commands.stoppable import stoppable

if __name__ == "__main__":
    sys.exit(stoppable(main))
