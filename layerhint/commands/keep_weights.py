"""The command line of `tools/keep_weights.py`."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from layerhint.kept.keep import keep
from layerhint.trainings.readings import OF_THE_REPORT


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line."""
    parser = argparse.ArgumentParser(
        prog="keep_weights.py",
        description="Copies trained caffemodels of a run to where the repository carries them, with checksum, accuracy "
        "and lineage.",
        allow_abbrev=False,
    )
    parser.add_argument("run", metavar="RUN", type=Path, help="the folder of a run that tools/run_pipeline.py made")
    parser.add_argument("trainings", nargs="+", metavar="TRAINING", help="mnist/resnet32/plain/plain, ...")
    parser.add_argument("--shelf", type=Path, default=Path("weights/trained"), help="target folder (weights/trained)")
    options = parser.parse_args(arguments)
    for training in options.trainings:
        print(keep(options.run, training, options.shelf, OF_THE_REPORT))
