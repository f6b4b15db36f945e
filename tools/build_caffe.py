"""Builds a real Caffe: `python tools/build_caffe.py --help`. See layerhint/commands/build_caffe.py."""

import sys

from layerhint.commands.build_caffe import main
from layerhint.commands.stoppable import stoppable

if __name__ == "__main__":
    sys.exit(stoppable(main))
