"""Writes images as an LMDB that Caffe's Data layer reads: a folder with data.mdb and lock.mdb."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import lmdb
import numpy as np
from numpy.typing import NDArray

from layerhint.datasets.datum import KEY_DIGITS, datum_rows, pad_images
from layerhint.datasets.images import Bytes, Split
from layerhint.datasets.progress import ProgressReport, silent

_PAGE = 4096
_PAGE_HEADER = 16
_LARGEST_INLINE = 2038
_RECORDS_PER_TRANSACTION = 2048
# Datum's field headers and label, the key and LMDB's node header: an upper bound.
_RECORD_OVERHEAD = 30
_SPARE = 16 << 20


@dataclass(frozen=True)
class LmdbSummary:
    """What was written: `sha256` is over key, value, key, value..., `size` is data.mdb's bytes."""

    records: int
    shape: tuple[int, int, int]
    size: int
    sha256: str


def write_lmdb(
    folder: Path,
    split: Split,
    *,
    pad: int = 0,
    order: NDArray[np.intp] | None = None,
    progress: ProgressReport = silent,
) -> LmdbSummary:
    """Write `split` to a new LMDB in `folder`, image `order[i]` under key i ("00000000", "00000001", ...).

    Images get `pad` zero pixels on each side; `order` None keeps them as they are. The data are flushed to
    the device before this returns. Raises lmdb.Error or OSError where the file system refuses.
    """
    records = len(split.labels)
    shape = (split.images.shape[1], split.images.shape[2] + 2 * pad, split.images.shape[3] + 2 * pad)
    content = hashlib.sha256()
    folder.mkdir()
    limit = map_size(records, shape)
    with lmdb.open(str(folder), map_size=limit, subdir=True, mode=0o644, sync=False) as env:
        for start, rows in _chunks(split, pad, order):
            content.update(rows.data)
            with env.begin(write=True) as transaction:
                cursor = transaction.cursor()
                cursor.putmulti([(row[:KEY_DIGITS], row[KEY_DIGITS:]) for row in rows], append=True)
            progress(f"write {folder.name}", start + len(rows), records, "images")
        env.sync(True)
    return LmdbSummary(records, shape, (folder / "data.mdb").stat().st_size, content.hexdigest())


def disk_size(records: int, shape: tuple[int, int, int]) -> int:
    """The approximate size of data.mdb in bytes for `records` images of `shape` (C, H, W), rounded up."""
    # LMDB stores a value of more than half a page in whole pages of its own, smaller ones inside the tree.
    length = int(np.prod(shape)) + _RECORD_OVERHEAD
    if length > _LARGEST_INLINE:
        pages = records * -(-(length + _PAGE_HEADER) // _PAGE)
    else:
        pages = -(-records // ((_PAGE - _PAGE_HEADER) // length))
    return (pages + pages // 50 + 16) * _PAGE


def map_size(records: int, shape: tuple[int, int, int]) -> int:
    """LMDB's map size in bytes, an upper bound: data.mdb only grows to the pages that are used."""
    return disk_size(records, shape) + _SPARE


def _chunks(split: Split, pad: int, order: NDArray[np.intp] | None) -> Iterator[tuple[int, Bytes]]:
    for start in range(0, len(split.labels), _RECORDS_PER_TRANSACTION):
        stop = min(start + _RECORDS_PER_TRANSACTION, len(split.labels))
        chosen = slice(start, stop) if order is None else order[start:stop]
        yield start, datum_rows(start, pad_images(split.images[chosen], pad), split.labels[chosen])
