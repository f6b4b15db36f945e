"""Whether a data set is made already and, if not, why not."""

from dataclasses import dataclass
from pathlib import Path

from layerhint.datasets.facts import Facts
from layerhint.datasets.manifest import FORMAT, DatasetManifest, ProductRecord, read_manifest
from layerhint.datasets.origin import Origin
from layerhint.datasets.own.image_folder import FolderOrigin, ImageFolder
from layerhint.datasets.published import Published
from layerhint.errors import LayerhintError

Dataset = str | ImageFolder
"""A published data set by its name, or a folder of images."""


@dataclass(frozen=True)
class DatasetState:
    """`reason` says why a data set is not up to date; `manifest` is the existing one, None if missing or unreadable."""

    up_to_date: bool
    reason: str
    manifest: DatasetManifest | None


def dataset_state(
    dataset: Dataset, out: Path, source: Path | None = None, seed: int = 1, sample: bool = False
) -> DatasetState:
    """Compare `out/<name>/manifest.json` with what is asked for, with its products and with its source.

    Products are compared by size, sources as their `Origin` does.
    Raises LayerhintError for an unknown data set, and for a fault that making it again would not fix.
    """
    origin = origin_of(dataset, out, source, sample)
    folder = out / origin.facts.name
    try:
        manifest = read_manifest(folder)
    except LayerhintError as error:
        return DatasetState(False, str(error), None)
    if manifest is None:
        return DatasetState(False, "not made yet", None)
    reason = (
        _setting_changed(manifest, origin.facts, seed, sample)
        or _product_changed(folder, manifest)
        or origin.why_changed(manifest)
    )
    return DatasetState(not reason, reason or "up to date", manifest)


def origin_of(dataset: Dataset, out: Path, source: Path | None, sample: bool) -> Origin:
    """Where a data set's images come from, if it is made in `out`.

    Raises LayerhintError for an unknown name, and for a `source` if the data set is made from a user's folder.
    """
    if isinstance(dataset, str):
        return Published(dataset, out / "downloads", source, sample)
    if source is not None:
        raise LayerhintError(f"{dataset.facts.name} is made from {dataset.path}, as its protocol says: no --source")
    return FolderOrigin(dataset, sample, out)


def _setting_changed(manifest: DatasetManifest, facts: Facts, seed: int, sample: bool) -> str:
    if manifest.format != FORMAT:
        return f"made by version {manifest.format} of the converter, this is version {FORMAT}"
    if manifest.dataset != facts.name:
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
