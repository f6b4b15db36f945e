"""Builds or checks a real Caffe: `python tools/build_caffe.py --help`. See layerhint/commands/build_caffe.py."""

import sys

from layerhint.commands.build_caffe import main
from layerhint.run_command import run_command

if __name__ == "__main__":
    sys.exit(run_command(main))
