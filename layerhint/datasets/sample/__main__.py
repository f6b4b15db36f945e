"""`python -m layerhint.datasets.sample --source DIR --out data/sample` makes the sample from the whole sets in DIR."""

import argparse
import sys
from pathlib import Path

from layerhint.datasets.sample.make import make_sample
from layerhint.errors import LayerhintError


def main(arguments: list[str] | None = None) -> int:
    """The command: 0, or 1 after an error on stderr."""
    parser = argparse.ArgumentParser(
        prog="python -m layerhint.datasets.sample", description="Make the sample in data/sample."
    )
    parser.add_argument("--source", type=Path, required=True, help="folder with the whole data sets")
    parser.add_argument("--out", type=Path, default=Path("data/sample"), help="default: data/sample")
    chosen = parser.parse_args(arguments)
    try:
        manifest = make_sample(chosen.source, chosen.out)
    except (LayerhintError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for name, sampled in manifest.datasets.items():
        size = sum(archive.size for archive in sampled.archives.values())
        print(f"{name}: {sampled.train_count} + {sampled.test_count} images, {size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
