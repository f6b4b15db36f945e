"""What lies beside a caffemodel that the repository carries: checksum, accuracy, lineage."""

import json
from pathlib import Path
from typing import Any

from layerhint.errors import LayerhintError
from layerhint.files import write_text
from layerhint.records import fingerprint
from layerhint.validation import Frozen, validated


class Parent(Frozen):
    """A step whose caffemodel went into a training, or into a parent of it."""

    step: str
    sha256: str


class Description(Frozen):
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
        write_text(path_beside(weights), json.dumps(self.model_dump(), indent=1) + "\n")


def path_beside(weights: Path) -> Path:
    """Where the description of a caffemodel lies: `plain.json` beside `plain.caffemodel`."""
    return weights.with_suffix(".json")


def read_description(weights: Path) -> Description | None:
    """What is said of a caffemodel; None if nothing lies beside it that describes one.

    A JSON file that has no `sha256`, and no `training` that is a name, is somebody else's.
    Raises LayerhintError where the caffemodel is another than the one described, and for a description that is damaged:
    whether the caffemodel is the one could not be told.
    """
    told = _read(weights)
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


def _read(weights: Path) -> Description | None:
    path = path_beside(weights)
    try:
        content: Any = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(weights, error.strerror or str(error)) from None
    except (ValueError, RecursionError) as error:
        raise _unreadable(weights, f"it is no JSON: {error}") from None
    if not isinstance(content, dict) or not ("sha256" in content or isinstance(content.get("training"), str)):
        return None
    try:
        return validated(Description, content, path.name)
    except LayerhintError as error:
        raise _unreadable(weights, str(error)) from None


def _unreadable(weights: Path, why: str) -> LayerhintError:
    path = path_beside(weights)
    return LayerhintError(
        f"{weights}: the description {path.name} beside it cannot be read ({why}): restore it, or, "
        "if it is lost or describes something else, take it elsewhere"
    )
