"""Makes the committed sample: a few real images of each data set, in its publisher's format and archive.

From each of the publisher's files the first images of each class are kept, in their order.
"""

import gzip
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from layerhint.datasets.checksums import digests
from layerhint.datasets.images import Bytes, SplitName
from layerhint.datasets.manifest import write_manifest
from layerhint.datasets.publishers import DATASETS, cifar10, cifar100
from layerhint.datasets.publishers.cifar_records import cifar_records
from layerhint.datasets.publishers.descriptor import Archive, DatasetDescriptor
from layerhint.datasets.publishers.idx import idx_header, read_idx
from layerhint.datasets.publishers.source import find_source, missing_message, read_source
from layerhint.datasets.sample.manifest import (
    SampleArchive,
    SampledSet,
    SampleManifest,
    SampleMember,
)
from layerhint.errors import LayerhintError
from layerhint.files import write_bytes

RULE = "from each of the publisher's files the first images of each class, in the file's order"

PER_CLASS: dict[str, dict[SplitName, int]] = {
    "cifar10": {"train": 20, "test": 30},
    "cifar100": {"train": 10, "test": 2},
    "mnist": {"train": 200, "test": 50},
}
"""Images kept of each class and file: CIFAR-10 1000 + 300, CIFAR-100 1000 + 200, MNIST 2000 + 500 in all."""

_CIFAR_LABELS = {"cifar10": cifar10.LABEL_LIMITS, "cifar100": cifar100.LABEL_LIMITS}


def make_sample(
    source: Path, out: Path, per_class: Mapping[str, Mapping[SplitName, int]] = PER_CLASS
) -> SampleManifest:
    """Write the sample of the data sets named in `per_class` to `out/<data set>/` and `out/manifest.json`.

    Raises LayerhintError for files that are missing under `source` or are not the published ones, and where `out`
    cannot be written.
    """
    datasets = {name: _sample_set(DATASETS[name], source, out, per_class[name]) for name in per_class}
    manifest = SampleManifest(rule=RULE, datasets=datasets)
    write_manifest(out, manifest)
    return manifest


def first_per_class(labels: Bytes, count: int, classes: int) -> NDArray[np.intp]:
    """The positions, in order, of the first `count` images of each of the `classes`.

    Raises LayerhintError where a class has fewer.
    """
    chosen = []
    for label in range(classes):
        positions = np.flatnonzero(labels == label)[:count]
        if len(positions) < count:
            raise LayerhintError(f"class {label} has {len(positions)} images, expected at least {count}")
        chosen.append(positions)
    return np.sort(np.concatenate(chosen))


def _sample_set(
    descriptor: DatasetDescriptor, source: Path, out: Path, per_class: Mapping[SplitName, int]
) -> SampledSet:
    found, missing = find_source(descriptor, source)
    if missing:
        raise LayerhintError(missing_message(descriptor, source, missing))
    contents, _ = read_source(found)
    choose = _choose_mnist if descriptor.facts.name == "mnist" else _choose_cifar
    chosen, counts = choose(descriptor, contents, per_class)
    (out / descriptor.facts.name).mkdir(parents=True, exist_ok=True)
    archives = {}
    for archive in descriptor.archives:
        packed = _pack(archive, chosen)
        write_bytes(out / descriptor.facts.name / archive.name, packed)
        members = {m.name: _member(chosen[m.name]) for m in archive.members}
        got = digests(packed)
        archives[archive.name] = SampleArchive(size=len(packed), md5=got.md5, sha256=got.sha256, members=members)
    return SampledSet(train_count=counts["train"], test_count=counts["test"], archives=archives)


def _member(content: bytes) -> SampleMember:
    got = digests(content)
    return SampleMember(size=len(content), md5=got.md5, sha256=got.sha256)


def _choose_cifar(
    descriptor: DatasetDescriptor, contents: Mapping[str, bytes], per_class: Mapping[SplitName, int]
) -> tuple[dict[str, bytes], dict[SplitName, int]]:
    limits = _CIFAR_LABELS[descriptor.facts.name]
    chosen: dict[str, bytes] = {}
    counts: dict[SplitName, int] = {"train": 0, "test": 0}
    for file in descriptor.files:
        records = cifar_records(file.name, contents[file.name], descriptor, limits)
        keep = first_per_class(records[:, len(limits) - 1], per_class[file.split], descriptor.facts.classes)
        chosen[file.name] = records[keep].tobytes()
        counts[file.split] += len(keep)
    return chosen, counts


def _choose_mnist(
    descriptor: DatasetDescriptor, contents: Mapping[str, bytes], per_class: Mapping[SplitName, int]
) -> tuple[dict[str, bytes], dict[SplitName, int]]:
    chosen: dict[str, bytes] = {}
    counts: dict[SplitName, int] = {"train": descriptor.train_count, "test": descriptor.test_count}
    for split, total in tuple(counts.items()):
        images_file, labels_file = (f.name for f in descriptor.files if f.split == split)
        images = read_idx(images_file, contents[images_file], (total, descriptor.facts.size, descriptor.facts.size))
        labels = read_idx(labels_file, contents[labels_file], (total,))
        keep = first_per_class(labels, per_class[split], descriptor.facts.classes)
        for name, kept in ((images_file, images[keep]), (labels_file, labels[keep])):
            chosen[name] = idx_header(kept.shape) + kept.tobytes()
        counts[split] = len(keep)
    return chosen, counts


def _pack(archive: Archive, contents: Mapping[str, bytes]) -> bytes:
    """The archive's bytes; dates are left out, so that the same content gives the same bytes."""
    if not archive.folder:
        return gzip.compress(contents[archive.members[0].name], 9, mtime=0)
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for member in archive.members:
            entry = tarfile.TarInfo(f"{archive.folder}/{member.name}")
            entry.size = len(contents[member.name])
            tar.addfile(entry, io.BytesIO(contents[member.name]))
    return gzip.compress(plain.getvalue(), 9, mtime=0)
