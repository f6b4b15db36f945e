"""The command behind `tools/make_data.py`."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from layerhint.datasets.make import make_dataset
from layerhint.datasets.manifest import DatasetManifest
from layerhint.datasets.publishers import DATASETS
from layerhint.datasets.state import Dataset, dataset_state
from layerhint.experiments.protocol_dataset import dataset_of
from layerhint.experiments.protocol_file import read_protocol
from layerhint.watching.progress import Display
from layerhint.yaml_io import is_yaml

_SAMPLE_OUT = Path("data/sample_lmdb")


def main(arguments: Sequence[str] | None = None) -> None:
    """Makes the named data sets."""
    chosen = _parser().parse_args(arguments)
    out = chosen.out or (_SAMPLE_OUT if chosen.sample else Path("data"))
    try:
        for given in dict.fromkeys(chosen.datasets):
            _make(given, out, chosen)
    except KeyboardInterrupt:
        print("nothing half made is left, and a download goes on where it was", file=sys.stderr)
        raise


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make_data.py",
        description="Make the LMDBs and mean files of a data set from its publisher's files, which are "
        "downloaded into OUT/downloads/SET unless they are there, in OUT/downloads or in --source, packed or unpacked; "
        "or, for a protocol of your own, from the folder of images that it names.",
    )
    parser.add_argument(
        "datasets", nargs="+", type=_given, metavar="|".join((*DATASETS, "PROTOCOL.yaml")), help="one or more"
    )
    parser.add_argument("--source", type=Path, metavar="DIR", help="folder with the publisher's files")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help=f"output folder (default: data; with --sample {_SAMPLE_OUT.as_posix()})"
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="seed of the shuffle (default: 1)")
    parser.add_argument("--sample", action="store_true", help="make it from the small sample in data/sample")
    parser.add_argument("--force", action="store_true", help="make it again even if it is up to date")
    return parser


def _given(text: str) -> str:
    if text in DATASETS or is_yaml(Path(text)):
        return text
    raise argparse.ArgumentTypeError(f"invalid choice: {text!r} (choose from {', '.join(DATASETS)}, or a protocol)")


def _make(given: str, out: Path, chosen: argparse.Namespace) -> None:
    dataset: Dataset = given if given in DATASETS else dataset_of(read_protocol(Path(given)))
    name = dataset if isinstance(dataset, str) else dataset.facts.name
    state = dataset_state(dataset, out, chosen.source, chosen.seed, chosen.sample)
    if state.up_to_date and not chosen.force:
        print(f"{name}: up to date in {out / name}")
        return
    print(f"{name}: {'made anew as asked' if state.up_to_date else state.reason}")
    start = time.perf_counter()
    with Display(Console(stderr=True)).tasks() as report:
        manifest = make_dataset(dataset, out, chosen.source, chosen.seed, chosen.sample, report, force=chosen.force)
    _tell(out / name, manifest, time.perf_counter() - start)


def _tell(folder: Path, manifest: DatasetManifest, seconds: float) -> None:
    size = sum(product.size for product in manifest.products) / 1e6
    what = f"the sample of {manifest.dataset}" if manifest.sample else manifest.dataset
    print(
        f"{what}: {manifest.train_count:,} training and {manifest.test_count:,} test images in {folder}, "
        f"{size:,.0f} MB, {seconds:.1f} s"
    )
    print(f"  mean of the training images: {', '.join(f'{mean:.3f}' for mean in manifest.channel_mean)}")
    if manifest.folder is not None:
        classes = ", ".join(f"{number} {label}" for number, label in enumerate(manifest.folder.labels))
        print(f"  classes of {manifest.folder.path}: {classes}")
    for record in manifest.sources:
        if not record.verified:
            print(
                f"  note: {record.name} has not the publisher's checksum; its size and labels are right, "
                "so it was taken unverified"
            )
