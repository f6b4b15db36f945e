"""Writes a trained net as ONNX: `python tools/export.py RUN TRAINING`. See layerhint/commands/export.py."""

import sys

from layerhint.commands.export import main

if __name__ == "__main__":
    sys.exit(main())
