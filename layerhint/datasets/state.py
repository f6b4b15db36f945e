"""Whether a data set is made already and, if not, why not."""

import difflib
from dataclasses import dataclass
from pathlib import Path

from layerhint.datasets import DATASETS
from layerhint.datasets.checksums import file_sha256
from layerhint.datasets.descriptor import DatasetDescriptor
from layerhint.datasets.manifest import FORMAT, DatasetManifest, ProductRecord, SourceRecord, read_manifest
from layerhint.datasets.sample_manifest import SAMPLE_DIR, sample_descriptor
from layerhint.datasets.source import find_source
from layerhint.errors import LayerhintError


@dataclass(frozen=True)
class DatasetState:
    """`reason` says why a data set is not up to date; `manifest` is what stands there, if readable."""

    up_to_date: bool
    reason: str
    manifest: DatasetManifest | None


def dataset_state(
    name: str, out: Path, source: Path | None = None, seed: int = 1, sample: bool = False
) -> DatasetState:
    """Compare `out/<name>/manifest.json` with what is asked for, with its products and with its source.

    Products are compared by size, sources by size and date or, where the date differs, by SHA-256. Sources
    that are no longer there do not matter unless `source` names their folder.
    Raises LayerhintError for an unknown data set.
    """
    descriptor = describe(name, source, sample)
    try:
        manifest = read_manifest(out / name)
    except LayerhintError as error:
        return DatasetState(False, str(error), None)
    if manifest is None:
        return DatasetState(False, "not made yet", None)
    reason = (
        _setting_changed(manifest, name, seed, sample)
        or _product_changed(out / name, manifest)
        or _source_changed(descriptor, source_root(out, source, sample), manifest, source is not None)
    )
    return DatasetState(not reason, reason or "up to date", manifest)


def describe(name: str, source: Path | None, sample: bool) -> DatasetDescriptor:
    """The descriptor of a data set or of its sample; raises LayerhintError for an unknown name."""
    if name not in DATASETS:
        near = difflib.get_close_matches(name, DATASETS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(DATASETS)}"
        raise LayerhintError(f"unknown data set {name!r}: {hint}")
    if sample:
        return sample_descriptor(DATASETS[name], source or SAMPLE_DIR)
    return DATASETS[name]


def source_root(out: Path, source: Path | None, sample: bool) -> Path:
    """Where the publisher's files are looked for: `source`, else the committed sample or `out/downloads`."""
    return source or (SAMPLE_DIR if sample else out / "downloads")


def _setting_changed(manifest: DatasetManifest, name: str, seed: int, sample: bool) -> str:
    if manifest.format != FORMAT:
        return f"made by version {manifest.format} of the converter, this is version {FORMAT}"
    if manifest.dataset != name:
        return f"its manifest is that of {manifest.dataset}"
    if manifest.sample != sample:
        return "made from the sample" if manifest.sample else "made from the whole data set"
    if manifest.seed != seed:
        return f"shuffled with seed {manifest.seed}, not {seed}"
    return ""


def _product_changed(folder: Path, manifest: DatasetManifest) -> str:
    for product in manifest.products:
        path = product_file(folder, product)
        if not path.is_file():
            return f"{product.name} is missing"
        if path.stat().st_size != product.size:
            return f"{product.name} has changed"
    return ""


def product_file(folder: Path, product: ProductRecord) -> Path:
    """The file whose size the record holds."""
    return folder / product.name / "data.mdb" if product.kind == "lmdb" else folder / product.name


def _source_changed(descriptor: DatasetDescriptor, root: Path, manifest: DatasetManifest, named: bool) -> str:
    found, missing = find_source(descriptor, root)
    if missing:
        return f"{missing[0].name} is not in {root}" if named else ""
    paths = [path for item in found for path in item.paths]
    if [path.name for path in paths] != [record.name for record in manifest.sources]:
        return f"made from other files than those in {root}"
    for path, record in zip(paths, manifest.sources, strict=True):
        if _file_changed(path, record):
            return f"{path} is not the file it was made from"
    return ""


def _file_changed(path: Path, record: SourceRecord) -> bool:
    status = path.stat()
    if status.st_size != record.size:
        return True
    return status.st_mtime_ns != record.mtime_ns and file_sha256(path) != record.sha256
