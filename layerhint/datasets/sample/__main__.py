"""`python -m layerhint.datasets.sample --source DIR` makes the sample in data/sample from the whole sets in DIR."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from layerhint.datasets.publishers import DATASETS
from layerhint.datasets.sample.make import make_sample
from layerhint.run_command import run_command


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m layerhint.datasets.sample", description="Make the sample in data/sample."
    )
    parser.add_argument("--source", type=Path, default=Path("data/downloads"), help="folder with the whole data sets")
    parser.add_argument(
        "--only", action="append", choices=tuple(DATASETS), default=[], help="this data set; what the sample has stays"
    )
    parser.add_argument("--out", type=Path, default=Path("data/sample"), help="default: data/sample")
    chosen = parser.parse_args(arguments)
    manifest = make_sample(chosen.source, chosen.out, chosen.only)
    for name in chosen.only or manifest.datasets:
        sampled = manifest.datasets[name]
        size = sum(archive.size for archive in sampled.archives.values())
        print(f"{name}: {sampled.train_count} + {sampled.test_count} images, {size:,} bytes")


if __name__ == "__main__":
    sys.exit(run_command(main))
