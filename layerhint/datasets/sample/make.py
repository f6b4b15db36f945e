"""Makes the committed sample: a few real images of each data set, in its publisher's format and archive.

From each of the publisher's files the first images of each class are kept, in their order.
"""

import gzip
import io
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from layerhint.datasets.checksums import digests
from layerhint.datasets.manifest import MANIFEST_NAME, write_manifest
from layerhint.datasets.publishers import DATASETS
from layerhint.datasets.publishers.descriptor import Archive, DatasetDescriptor
from layerhint.datasets.publishers.source import find_source, missing_message, read_source
from layerhint.datasets.sample.manifest import (
    SampleArchive,
    SampledSet,
    SampleManifest,
    SampleMember,
    read_sample,
)
from layerhint.errors import LayerhintError
from layerhint.files import write_bytes

RULE = "from each of the publisher's files the first images of each class, in the file's order"


def make_sample(source: Path, out: Path, only: Iterable[str] = ()) -> SampleManifest:
    """Write the sample of the data sets named in `only`, or of all that have a rule, to `out`.

    Each goes to `out/<data set>/`, and its checksums to `out/manifest.json`.
    The manifest's entries for other data sets stay. How many images are kept, and how, is each data set's own rule.
    Raises LayerhintError for a data set without such a rule, for files that are missing under `source` or are not the
    published ones, for a damaged manifest, and where `out` cannot be written.
    """
    names = tuple(only) or tuple(name for name, descriptor in DATASETS.items() if descriptor.sample)
    datasets = read_sample(out).datasets if (out / MANIFEST_NAME).exists() else {}
    made = {name: _sample_set(DATASETS[name], source, out) for name in names}
    manifest = SampleManifest(rule=RULE, datasets=_in_order({**datasets, **made}))
    write_manifest(out, manifest)
    return manifest


def _in_order(datasets: Mapping[str, SampledSet]) -> dict[str, SampledSet]:
    """The data sets in the order of DATASETS."""
    known = [name for name in DATASETS if name in datasets]
    return {name: datasets[name] for name in (*known, *(name for name in datasets if name not in known))}


def _sample_set(descriptor: DatasetDescriptor, source: Path, out: Path) -> SampledSet:
    facts, rule = descriptor.facts, descriptor.sample
    if rule is None:
        raise LayerhintError(f"{facts.title} has no rule for a sample: give its descriptor a `sample`, as MNIST's has")
    found, missing = find_source(descriptor, source)
    if missing:
        raise LayerhintError(missing_message(descriptor, source, missing))
    contents, _ = read_source(found)
    chosen = rule.choose(descriptor, contents, rule.per_class)
    (out / facts.name).mkdir(parents=True, exist_ok=True)
    archives = {}
    for archive in descriptor.archives:
        packed = _pack(archive, chosen.contents)
        write_bytes(out / facts.name / archive.name, packed)
        members = {m.name: _member(chosen.contents[m.name]) for m in archive.members}
        got = digests(packed)
        archives[archive.name] = SampleArchive(size=len(packed), md5=got.md5, sha256=got.sha256, members=members)
    return SampledSet(train_count=chosen.counts["train"], test_count=chosen.counts["test"], archives=archives)


def _member(content: bytes) -> SampleMember:
    got = digests(content)
    return SampleMember(size=len(content), md5=got.md5, sha256=got.sha256)


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
