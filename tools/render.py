"""Renders the experiments as Caffe's files: `python tools/render.py --help`. See layerhint/commands/render.py."""

import sys

from layerhint.commands.render import main
from layerhint.run_command import run_command

if __name__ == "__main__":
    sys.exit(run_command(main))
