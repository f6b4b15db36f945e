"""Writes a trained net as ONNX: `python tools/export.py RUN TRAINING`. See layerhint/commands/export.py."""

import sys

from layerhint.commands.export import main
from layerhint.run_command import run_command

if __name__ == "__main__":
    sys.exit(run_command(main))
