"""The manifest beside a made data set: what it was made from, how, and the hash of each product."""

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from layerhint.errors import LayerhintError
from layerhint.files import write_bytes
from layerhint.records.fingerprint import MISSING, of_text
from layerhint.validation import Frozen

MANIFEST_NAME = "manifest.json"
FORMAT = 1
"""The converter's version: raised by one when its output changes, so that older data sets are made again."""

SHUFFLE = "numpy.argsort(numpy.random.PCG64(seed).random_raw(training images), kind=stable)"


class SourceRecord(Frozen):
    """A file that was read; `verified` says that its checksum is the publisher's (or the sample's)."""

    name: str
    size: int
    mtime_ns: int
    sha256: str
    verified: bool


class FolderRecord(Frozen):
    """A folder of images that was read: its `path`, and as `from_out` the same relative to the data sets' folder (None
    in manifests from before that was noted). `listing` is a hash of its files' names, sizes and dates, `content` one of
    their names and bytes. `labels` are the classes' names, 0 first; `settings` say how images were fitted."""

    path: str
    from_out: str | None = None
    files: int
    listing: str
    content: str
    labels: tuple[str, ...]
    settings: dict[str, Any]


class ProductRecord(Frozen):
    """A product: an LMDB, with data.mdb's size and the hash over key, value, key, value..., or a file."""

    name: str
    kind: Literal["lmdb", "binaryproto"]
    records: int
    shape: tuple[int, ...]
    size: int
    sha256: str


class DatasetManifest(Frozen):
    """A made data set. `channel_mean` is the mean of the training images per channel, 0 to 255."""

    format: int
    dataset: str
    sample: bool
    seed: int
    shuffle: str
    classes: int
    train_count: int
    test_count: int
    pad: int
    channel_mean: tuple[float, ...]
    sources: tuple[SourceRecord, ...]
    folder: FolderRecord | None = None
    products: tuple[ProductRecord, ...]


def write_manifest(folder: Path, manifest: Frozen) -> None:
    """Write `folder/manifest.json` in one step; raises LayerhintError where it cannot be written."""
    text = json.dumps(manifest.model_dump(mode="json"), indent=2) + "\n"
    write_bytes(folder / MANIFEST_NAME, text.encode())


def read_manifest(folder: Path) -> DatasetManifest | None:
    """The manifest in `folder`, or None where there is none.

    Raises LayerhintError for one that is damaged or of another version.
    """
    path = folder / MANIFEST_NAME
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise LayerhintError(f"cannot read {path}: {error.strerror}") from error
    try:
        return DatasetManifest.model_validate_json(content)
    except ValidationError as error:
        raise LayerhintError(f"{path} is damaged or of another version; delete it to make the data set anew") from error


def dataset_fingerprint(folder: Path) -> str:
    """A fingerprint of what a made data set holds, wherever and whenever it was made; or `missing`."""
    manifest = read_manifest(folder)
    if manifest is None:
        return MISSING
    return of_text("\n".join(sorted(f"{product.name} {product.sha256}" for product in manifest.products)))
