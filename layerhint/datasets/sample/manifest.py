"""What the committed sample holds, and the sample as a data set descriptor."""

from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from layerhint.datasets.manifest import MANIFEST_NAME
from layerhint.datasets.publishers.descriptor import Archive, DatasetDescriptor, PublisherFile
from layerhint.errors import LayerhintError
from layerhint.paths import ROOT
from layerhint.validation import Frozen

SAMPLE_DIR = ROOT / "data" / "sample"

_RESTORE = "restore data/sample from the repository"


class SampleMember(Frozen):
    """An unpacked file of the sample."""

    size: int
    md5: str
    sha256: str


class SampleArchive(Frozen):
    """An archive of the sample; its members by name."""

    size: int
    md5: str
    sha256: str
    members: dict[str, SampleMember]


class SampledSet(Frozen):
    """One data set of the sample; its archives by name."""

    train_count: int
    test_count: int
    archives: dict[str, SampleArchive]


class SampleManifest(Frozen):
    """The whole sample: how images were chosen, and each data set's files."""

    rule: str
    datasets: dict[str, SampledSet]


def read_sample(folder: Path) -> SampleManifest:
    """The manifest of the sample in `folder`; raises LayerhintError where it is absent or damaged."""
    path = folder / MANIFEST_NAME
    try:
        return SampleManifest.model_validate_json(path.read_bytes())
    except OSError as error:
        raise LayerhintError(
            f"the sample's {path} cannot be read ({error.strerror}): get the repository's data/sample, or "
            "name its folder with --source"
        ) from error
    except ValidationError as error:
        raise LayerhintError(f"{path} is not the manifest of a sample; {_RESTORE}") from error


def sample_descriptor(whole: DatasetDescriptor, folder: Path) -> DatasetDescriptor:
    """The descriptor of `whole` with the counts, sizes and checksums of the sample in `folder`.

    Raises LayerhintError where the sample's manifest is absent, damaged or lacks the data set.
    """
    datasets = read_sample(folder).datasets
    if whole.facts.name not in datasets:
        raise LayerhintError(
            f"the sample in {folder} holds no {whole.facts.title}, but {', '.join(datasets) or 'nothing at all'}; "
            f"`python -m layerhint.datasets.sample --only {whole.facts.name}` adds it"
        )
    sampled = datasets[whole.facts.name]
    try:
        archives = tuple(_archive(archive, sampled.archives[archive.name]) for archive in whole.archives)
    except KeyError as error:
        raise LayerhintError(
            f"{folder / MANIFEST_NAME} does not list {whole.facts.title}'s file {error}; {_RESTORE}"
        ) from error
    return replace(whole, train_count=sampled.train_count, test_count=sampled.test_count, archives=archives)


def _archive(whole: Archive, sampled: SampleArchive) -> Archive:
    members = tuple(
        PublisherFile(m.name, m.split, sampled.members[m.name].size, sampled.members[m.name].md5) for m in whole.members
    )
    return replace(whole, size=sampled.size, md5=sampled.md5, urls=(), members=members)
