"""What lies beside a caffemodel that the repository carries: checksum, accuracy, lineage."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from layerhint.errors import LayerhintError
from layerhint.files import write_text
from layerhint.records import fingerprint


@dataclass(frozen=True)
class Parent:
    """A step whose caffemodel went into a training, or into a parent of it."""

    step: str
    sha256: str


@dataclass(frozen=True)
class Description:
    """Of one caffemodel. `accuracy` is that on the test images after the last iteration, None for hint training.

    `inputs` are the training's files by name, with their fingerprints: the solver and the nets by what they say,
    comments aside. `source` is the commit that trained it, None if it is not known, as of a training by hand. `changed`
    says whether layerhint, torchcaffe or templates differed from the commit of their step when this caffemodel, or one
    that it comes from, was made; None where it is not known of all of them.
    """

    training: str
    title: str
    sha256: str
    bytes: int
    accuracy: float | None
    iterations: int
    seed: int
    engine: dict[str, str]
    device: str | None
    finished: str
    source: str | None
    inputs: dict[str, str]
    parents: list[Parent]
    changed: bool | None = None

    def write(self, weights: Path) -> None:
        """Writes it beside the caffemodel."""
        write_text(path_beside(weights), json.dumps(asdict(self), indent=1) + "\n")


def path_beside(weights: Path) -> Path:
    """Where the description of a caffemodel lies: `plain.json` beside `plain.caffemodel`."""
    return weights.with_suffix(".json")


def read_description(weights: Path) -> Description | None:
    """What is said of a caffemodel; None if nothing lies beside it that describes one.

    Raises LayerhintError where the caffemodel is another than the one described.
    """
    told = _read(path_beside(weights))
    if told is None:
        return None
    found = fingerprint.of_file(weights)
    if found != told.sha256:
        raise LayerhintError(
            f"{weights} is not the caffemodel that {path_beside(weights)} describes: its SHA-256 is {found}, and "
            f"{told.sha256} is expected. Fetch the file again (git checkout -- {weights}), or remove the description "
            "if the caffemodel is meant to be another one"
        )
    return told


def _read(path: Path) -> Description | None:
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
        parents = [Parent(**parent) for parent in content.pop("parents")]
        return Description(**content, parents=parents)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
