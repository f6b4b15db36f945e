"""Writes a trained net as ONNX: `python tools/export.py RUN TRAINING`. See layerhint/commands/export.py."""

import sys

from layerhint.commands.export import main
from layerhint.commands.stoppable import stoppable

if __name__ == "__main__":
    sys.exit(stoppable(main))
