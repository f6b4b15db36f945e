"""Profiles: an experiment's numbers made smaller, as experiments/profiles/<name>.yaml says."""

import itertools
from typing import Any

from layerhint.errors import LayerhintError
from layerhint.experiments.experiment_file import Profile
from layerhint.experiments.overrides import merged
from layerhint.paths import repository_folder
from layerhint.validation import nearest, validated
from layerhint.yaml_io import read_mapping

PAPER_PROFILE = "paper"
"""The default profile, which changes nothing and has no file."""


def profile_names() -> list[str]:
    """The paper's, and the names of experiments/profiles/*.yaml."""
    folder = repository_folder("experiments") / "profiles"
    return [PAPER_PROFILE, *sorted(path.stem for path in folder.glob("*.yaml"))]


def read_profile(name: str) -> Profile | None:
    """The profile of that name, None for the paper's. Raises LayerhintError for one that is not there or is damaged."""
    if name == PAPER_PROFILE:
        return None
    if name not in profile_names():
        raise LayerhintError(f"unknown profile {name!r}{nearest(name, profile_names())}")
    path = repository_folder("experiments") / "profiles" / f"{name}.yaml"
    return validated(Profile, read_mapping(path), str(path))


def shortened(numbers: dict[str, Any], profile: Profile, name: str) -> dict[str, Any]:
    """The numbers under a profile. Its lengths of Stage 1's steps are repeated until there is one for each step."""
    short = merged(numbers, profile.numbers, f"profile {name}", only_present=True)
    hint, steps = short["hint"], len(numbers["hint"]["layer_wise"])
    short["hint"] = {**hint, "layer_wise": tuple(itertools.islice(itertools.cycle(hint["layer_wise"]), steps))}
    return short
