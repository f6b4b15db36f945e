"""The description beside a caffemodel that the repository carries: checksum, accuracy, lineage."""

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
    """The description of one caffemodel. `accuracy` is on the test images, None for hint training.

    `inputs` are the fingerprints of the training's files by name; those of the solver and the nets ignore comments.
    `source` is the commit that trained it, None if unknown, as for a training by hand. `changed` says whether
    layerhint, torchcaffe or templates differed from the commit of their step when this caffemodel, or one that it comes
    from, was made; None if that is not known of all of them.
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
        """Writes the description beside the caffemodel."""
        write_text(path_beside(weights), json.dumps(self.model_dump(), indent=1) + "\n")


def path_beside(weights: Path) -> Path:
    """The path of a caffemodel's description: `plain.json` beside `plain.caffemodel`."""
    return weights.with_suffix(".json")


def read_description(weights: Path) -> Description | None:
    """The description beside a caffemodel; None if there is none.

    A JSON file without `sha256` and without a `training` that is a name does not count as a description.
    Raises LayerhintError if the caffemodel is not the one described, or the description is damaged.
    """
    description = _read(weights)
    if description is None:
        return None
    found = fingerprint.of_file(weights)
    if found != description.sha256:
        raise LayerhintError(
            f"{weights} is not the caffemodel that {path_beside(weights)} describes: its SHA-256 is {found}, and "
            f"{description.sha256} is expected. Fetch the file again (git checkout -- {weights}), or remove the "
            "description if the caffemodel is meant to be another one"
        )
    return description


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
