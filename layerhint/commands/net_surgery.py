"""The command line of `tools/net_surgery.py`, for going through a run's steps by hand."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from layerhint import engines
from layerhint.surgery.declaration import read_declaration


def main(arguments: Sequence[str] | None = None) -> None:
    """Does what each surgery file declares."""
    parser = argparse.ArgumentParser(
        prog="net_surgery.py",
        description="Writes the caffemodel that a surgery file declares, and its lineage.",
    )
    parser.add_argument("file", nargs="+", help="generated/.../*_surgery.yaml")
    parser.add_argument("--engine", default="torch", help="torch (default), or caffe: a real Caffe")
    parser.add_argument("--caffe-root", help="where the real Caffe is")
    options = parser.parse_args(arguments)
    engine = engines.get_engine(options.engine, "cpu", options.caffe_root)
    for name in options.file:
        engine.operate(Path(name))
        print(f"wrote {read_declaration(Path(name)).output}")
