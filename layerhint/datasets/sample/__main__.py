"""`python -m layerhint.datasets.sample --source DIR --out data/sample` makes the sample from the whole sets in DIR."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from layerhint.datasets.sample.make import make_sample
from layerhint.run_command import run_command


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m layerhint.datasets.sample", description="Make the sample in data/sample."
    )
    parser.add_argument("--source", type=Path, required=True, help="folder with the whole data sets")
    parser.add_argument("--out", type=Path, default=Path("data/sample"), help="default: data/sample")
    chosen = parser.parse_args(arguments)
    manifest = make_sample(chosen.source, chosen.out)
    for name, sampled in manifest.datasets.items():
        size = sum(archive.size for archive in sampled.archives.values())
        print(f"{name}: {sampled.train_count} + {sampled.test_count} images, {size:,} bytes")


if __name__ == "__main__":
    sys.exit(run_command(main))
