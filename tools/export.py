"""Writes a trained net as ONNX: `python tools/export.py RUN TRAINING`. See layerhint/export/cli.py."""

import sys

from layerhint.export.cli import main

if __name__ == "__main__":
    sys.exit(main())
