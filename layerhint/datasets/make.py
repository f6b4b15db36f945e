"""Makes a data set: its files -> shuffled training LMDB, test LMDB, mean files, manifest."""

import contextlib
import errno
import shutil
from collections.abc import Iterator
from pathlib import Path

import lmdb
import numpy as np
from numpy.typing import NDArray

from layerhint.datasets.checksums import digests
from layerhint.datasets.facts import Facts
from layerhint.datasets.images import Split
from layerhint.datasets.lmdb_writer import disk_size, write_lmdb
from layerhint.datasets.manifest import (
    FORMAT,
    MANIFEST_NAME,
    SHUFFLE,
    DatasetManifest,
    ProductRecord,
    write_manifest,
)
from layerhint.datasets.mean import mean_blobs, pixel_mean, write_mean
from layerhint.datasets.origin import Read
from layerhint.datasets.progress import ProgressReport, silent
from layerhint.datasets.state import Dataset, dataset_state, origin_of
from layerhint.datasets.workspace import replace, tidy, workspace
from layerhint.errors import LayerhintError

_DISK_FULL = 32 << 20
"""With fewer free bytes, a failed write of LMDB is blamed on a full disk: a transaction takes up to 16 MiB."""


def make_dataset(
    dataset: Dataset,
    out: Path,
    source: Path | None = None,
    seed: int = 1,
    sample: bool = False,
    progress: ProgressReport | None = None,
    *,
    force: bool = False,
) -> DatasetManifest:
    """Make `out/<name>/` unless it is up to date; returns its manifest.

    Products: `train_lmdb` (shuffled by `seed`, zero-padded by the data set's `pad`), `test_lmdb` (plain, in
    the files' order) and, where a mean is subtracted, `mean_{pixel,channel}_{train,test}.binaryproto`. The files
    of a published set are taken from `source`, else from `out/downloads`, and what is missing is downloaded into
    `out/downloads/<name>`; with `sample`, from the committed sample. `force` makes it anew in any case. Interrupted, it
    leaves no half-made product.
    Raises LayerhintError for files that are missing, damaged or not the expected ones, and for an `out` that
    cannot be written or has too little space.
    """
    origin = origin_of(dataset, out, source, sample)
    facts = origin.facts
    if seed < 0:
        raise LayerhintError(f"the seed is {seed}, expected 0 or more")
    state = dataset_state(dataset, out, source, seed, sample)
    if state.up_to_date and state.manifest and not force:
        tidy(out / facts.name)
        return state.manifest
    if sample and not force and state.manifest and not state.manifest.sample:
        raise LayerhintError(
            f"{out / facts.name} holds the whole of {facts.title}: make the sample in another folder with "
            "--out, or replace it with --force"
        )
    report = progress or silent
    # The inner guard checks the free space before the workspace is removed, which frees some.
    with _storage_errors(out), workspace(out / facts.name) as work, _storage_errors(out):
        _check_space(facts, origin.obtain(report), out)
        manifest = _build(work, facts, origin.read(report), seed, sample, report)
        _install(work, out / facts.name, manifest)
    return manifest


def shuffled(count: int, seed: int) -> NDArray[np.intp]:
    """The order of the training images: the argsort of `count` 64-bit draws of PCG64(seed).

    numpy promises that a bit generator's raw stream stays the same in all versions; it does not promise this
    for `Generator.permutation`.
    """
    return np.argsort(np.random.PCG64(seed).random_raw(count), kind="stable")


def _build(work: Path, facts: Facts, read: Read, seed: int, sample: bool, progress: ProgressReport) -> DatasetManifest:
    train, test = read.images.train, read.images.test
    products = [
        _lmdb(work / "train_lmdb", train, facts.pad, shuffled(len(train.labels), seed), progress),
        _lmdb(work / "test_lmdb", test, 0, None, progress),
    ]
    mean = pixel_mean(train.images)
    if facts.has_mean:
        subtracted = mean if read.mean is None else read.mean
        products += [_mean(work / file, blob) for file, blob in mean_blobs(subtracted, facts.pad).items()]
    return DatasetManifest(
        format=FORMAT,
        dataset=facts.name,
        sample=sample,
        seed=seed,
        shuffle=SHUFFLE,
        classes=facts.classes,
        train_count=len(train.labels),
        test_count=len(test.labels),
        pad=facts.pad,
        channel_mean=tuple(mean.mean(axis=(1, 2)).tolist()),
        sources=read.sources,
        folder=read.folder,
        products=tuple(products),
    )


def _lmdb(
    folder: Path, split: Split, pad: int, order: NDArray[np.intp] | None, progress: ProgressReport
) -> ProductRecord:
    made = write_lmdb(folder, split, pad=pad, order=order, progress=progress)
    return ProductRecord(
        name=folder.name,
        kind="lmdb",
        records=made.records,
        shape=made.shape,
        size=made.size,
        sha256=made.sha256,
    )


def _mean(path: Path, blob: NDArray[np.float32]) -> ProductRecord:
    content = write_mean(path, blob)
    return ProductRecord(
        name=path.name,
        kind="binaryproto",
        records=1,
        shape=blob.shape,
        size=len(content),
        sha256=digests(content).sha256,
    )


def _install(work: Path, target: Path, manifest: DatasetManifest) -> None:
    """Moves the products to their names. The manifest vouches for all: the old one goes first, the new comes last."""
    (target / MANIFEST_NAME).unlink(missing_ok=True)
    for product in manifest.products:
        replace(work / product.name, target / product.name, work)
    write_manifest(target, manifest)


def _check_space(facts: Facts, counts: tuple[int, int], out: Path) -> None:
    sizes = (facts.train_size, facts.size)
    needed = sum(disk_size(count, (facts.channels, size, size)) for count, size in zip(counts, sizes, strict=True))
    free = shutil.disk_usage(out).free
    if free < needed:
        raise LayerhintError(
            f"{out} has {free >> 20} MiB of free space, {facts.title} needs {needed >> 20} MiB more: "
            "free some space or choose another folder with --out"
        )


def _disk_full(out: Path, error: lmdb.Error | OSError) -> bool:
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    # LMDB calls a write that was cut short by a full disk an input/output error.
    return "No space left" in str(error) or shutil.disk_usage(out).free < _DISK_FULL


@contextlib.contextmanager
def _storage_errors(out: Path) -> Iterator[None]:
    """Turns an error of the file system into a LayerhintError that says what to do."""
    try:
        yield
    except (lmdb.Error, OSError) as error:
        if _disk_full(out, error):
            raise LayerhintError(
                f"no space is left on the device of {out}: free some space or choose another folder with "
                "--out; nothing half-made was left"
            ) from error
        reason = (isinstance(error, OSError) and error.strerror) or error
        raise LayerhintError(
            f"cannot write in {out}: {reason}; change its permissions or choose another folder with --out"
        ) from error
