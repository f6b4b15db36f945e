"""Protocols as files: `protocols/<data set>.yaml`, beside a user's own experiment or in the repository."""

from pathlib import Path

from layerhint.errors import LayerhintError
from layerhint.experiments.protocol import Protocol
from layerhint.paths import repository_folder
from layerhint.validation import nearest, validated
from layerhint.yaml_io import read_mapping


def read_protocol(path: Path) -> Protocol:
    """The protocol that a file holds; the folder of its images is relative to that file.

    Raises LayerhintError for anything absent, unknown, misspelt or out of range, naming file, key and remedy.
    """
    protocol = validated(Protocol, read_mapping(path), str(path))
    if protocol.source is None:
        return protocol
    folder = (path.parent / protocol.source.folder).resolve()
    return protocol.model_copy(update={"source": protocol.source.model_copy(update={"folder": str(folder)})})


def protocol_of(dataset: str, experiment: Path) -> Protocol:
    """A data set's protocol for an experiment: from the folder `protocols` beside its file, else the repository's.

    Raises LayerhintError as `read_protocol` does, and where there is none of that name.
    """
    path = protocol_path(dataset, experiment)
    protocol = read_protocol(path)
    if protocol.dataset != dataset:
        raise LayerhintError(f"{path}: `dataset`: {protocol.dataset!r}, expected {dataset!r}")
    return protocol


def protocol_path(dataset: str, experiment: Path) -> Path:
    """The file of a data set's protocol for an experiment. Raises LayerhintError where there is none."""
    own = experiment.parent / "protocols" / f"{dataset}.yaml"
    folder = repository_folder("experiments") / "protocols"
    if own.is_file():
        return own
    known = sorted(path.stem for path in folder.glob("*.yaml"))
    if dataset not in known:
        raise LayerhintError(
            f"{experiment}: unknown data set {dataset!r}{nearest(dataset, known)}; one of your own has its protocol in "
            f"{own}"
        )
    return folder / f"{dataset}.yaml"
