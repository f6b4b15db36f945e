"""Random images of CIFAR's and MNIST's size to train on: the time of an iteration does not depend on what they show."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from layerhint.datasets.datum import pad_images
from layerhint.datasets.images import Split
from layerhint.datasets.lmdb_writer import write_lmdb
from layerhint.datasets.mean import mean_blobs, pixel_mean, write_mean

CLASSES = 10
_SEED = 1


@dataclass(frozen=True)
class ImageKind:
    """Images of one size, stored with a border of `pad` zeros; a mean is subtracted if there is a border."""

    name: str
    title: str
    channels: int
    size: int
    pad: int

    @property
    def bytes_per_record(self) -> int:
        """The pixels of a stored image."""
        return self.channels * (self.size + 2 * self.pad) ** 2


KINDS = {kind.name: kind for kind in (ImageKind("cifar", "CIFAR", 3, 32, 4), ImageKind("mnist", "MNIST", 1, 28, 0))}


@dataclass(frozen=True)
class Images:
    """A folder with the same images as an LMDB with mean files, and as arrays; `seconds`: to write the LMDB."""

    kind: ImageKind
    folder: Path
    records: int
    seconds: float
    lmdb_bytes: int

    @property
    def database(self) -> Path:
        return self.folder / "train_lmdb"

    @property
    def arrays(self) -> Path:
        """`images` (N, C, H, W) uint8, `labels` (N,) and, if there is one, `mean` (C, H, W)."""
        return self.folder / "train.npz"


def make_images(kind: ImageKind, folder: Path, records: int) -> Images:
    """Draws the images and writes them to a new folder."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(_SEED)
    pixels = rng.integers(256, size=(records, kind.channels, kind.size, kind.size), dtype=np.uint8)
    split = Split(pixels, rng.integers(CLASSES, size=records, dtype=np.uint8))
    start = time.perf_counter()
    written = write_lmdb(folder / "train_lmdb", split, pad=kind.pad)
    images = Images(kind, folder, records, time.perf_counter() - start, written.size)
    arrays: dict[str, NDArray[Any]] = {"images": pad_images(pixels, kind.pad), "labels": split.labels}
    if kind.pad:
        means = mean_blobs(pixel_mean(pixels), kind.pad)
        for name, mean in means.items():
            write_mean(folder / name, mean)
        arrays["mean"] = means["mean_pixel_train.binaryproto"]
    np.savez(images.arrays, allow_pickle=False, **arrays)
    return images
