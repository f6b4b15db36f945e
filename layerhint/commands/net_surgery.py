"""The command line of net surgery, for a person who goes through the steps by hand."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from layerhint import engines
from layerhint.errors import LayerhintError
from layerhint.surgery.declaration import read_declaration
from torchcaffe.errors import CaffeError


def main(arguments: Sequence[str] | None = None) -> int:
    """Does what each surgery file declares; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="net_surgery.py",
        description="Writes the caffemodel that a surgery file declares, and its lineage.",
    )
    parser.add_argument("file", nargs="+", help="generated/.../*_surgery.yaml")
    parser.add_argument("--engine", default="torch", help="torch (default), or caffe: a real one")
    parser.add_argument("--caffe-root", help="where the real Caffe is")
    options = parser.parse_args(arguments)
    try:
        engine = engines.get_engine(options.engine, "cpu", options.caffe_root)
        for name in options.file:
            engine.operate(Path(name))
            print(f"wrote {read_declaration(Path(name)).output}")
    except (LayerhintError, CaffeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0
