"""Changing a protocol's numbers and switches by name, from an experiment's file, a profile or `--set`."""

import copy
import difflib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from layerhint.errors import LayerhintError
from layerhint.experiments.switches import READINGS
from layerhint.validation import CLOSE, nearest
from layerhint.yaml_io import describe, parse_yaml

_NOT_NUMBERS = ("dataset", "title", "source", "switches")
_NEEDS_PATH = ("teacher", "student", "train", "test")  # alone, they could mean anything of that net or split


def merged(
    numbers: Mapping[str, Any],
    overlay: Mapping[str, Any],
    origin: str,
    *,
    only_present: bool = False,
    path: str = "",
) -> dict[str, Any]:
    """`numbers` with the values of `overlay` in their places.

    A key that `numbers` lacks is a LayerhintError naming `origin`. With `only_present`, a key that holds None
    stays so: a profile shortens what a data set has and adds nothing.
    """
    result = copy.deepcopy(dict(numbers))
    for key, value in overlay.items():
        if key not in numbers or (not path and key in _NOT_NUMBERS):
            raise LayerhintError(f"{origin}: unknown key `{path}{key}`{nearest(key, _keys(numbers, path))}")
        old = numbers[key]
        if isinstance(old, Mapping):
            if not isinstance(value, Mapping):
                raise LayerhintError(f"{origin}: `{path}{key}`: expected a mapping, got {describe(value)}")
            result[key] = merged(old, value, origin, only_present=only_present, path=f"{path}{key}.")
        elif old is not None or not only_present:
            result[key] = value
    return result


def _keys(numbers: Mapping[str, Any], path: str) -> list[str]:
    return [key for key in numbers if path or key not in _NOT_NUMBERS]


def split_overrides(
    overrides: Mapping[str, Any], numbers: Mapping[str, Any], protocol: str
) -> tuple[dict[str, Any], dict[str, Any], dict[str, str]]:
    """Overrides as (switches, overlay of numbers, the text of each setting by its number's path).

    A key is a switch's name, a number's path (`plain.max_iter`), or a path's last part if it ends only one path
    (`lambda`). A number that the protocol leaves out needs its whole path.
    Raises LayerhintError for an unknown key, with a hint to the file `protocol`, which has all keys, and for two keys
    that mean one number.
    """
    switches = {key: value for key, value in overrides.items() if key in READINGS}
    overlay: dict[str, Any] = {}
    keys: dict[str, str] = {}
    for key in (key for key in overrides if key not in switches):
        path = _number_path(key, numbers, as_setting(key, overrides[key]), protocol)
        if path in keys:
            raise LayerhintError(f"--set {keys[path]} and --set {key} both set {path}: give it once")
        keys[path] = key
        _put(overlay, path, overrides[key])
    return switches, overlay, {path: as_setting(key, overrides[key]) for path, key in keys.items()}


def as_setting(key: str, value: Any) -> str:
    """An override as it is given on the command line: `--set lambda=4`."""
    return f"--set {key}={value if isinstance(value, str) else json.dumps(value, default=str)}"


def _number_path(key: str, numbers: Mapping[str, Any], origin: str, protocol: str) -> str:
    paths = {path: value for path, value in _leaves(numbers) if path.split(".")[0] not in _NOT_NUMBERS}
    if key in paths:
        return key
    ending = [path for path, value in paths.items() if value is not None and path.rsplit(".", 1)[-1] == key]
    if len(ending) == 1 and key not in _NEEDS_PATH:
        return ending[0]
    if ending:
        raise LayerhintError(f"{origin}: `{key}` could be {' or '.join(ending)}: write the whole path")
    if left_out := [path for path in paths if path.rsplit(".", 1)[-1] == key]:
        raise LayerhintError(f"{origin}: {protocol} leaves `{key}` out: to set it all the same, write {left_out[0]}")
    known = dict.fromkeys([*READINGS, *paths, *(path.rsplit(".", 1)[-1] for path in paths)])
    close = " or ".join(map(repr, difflib.get_close_matches(key, known, n=3, cutoff=CLOSE)))
    meant = f"did you mean {close}? " if close else ""
    raise LayerhintError(f"{origin}: unknown switch or number `{key}`; {meant}{protocol} has all that can be set")


def _leaves(numbers: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in numbers.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def _put(overlay: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for parent in parents:
        overlay = overlay.setdefault(parent, {})
    overlay[last] = value


def parse_settings(settings: list[str]) -> dict[str, Any]:
    """`["shortcut=projection", "lambda=3"]` as overrides; values are YAML scalars or [lists].

    Raises LayerhintError for what is no setting, and for a name that is given twice.
    """
    overrides: dict[str, Any] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key.strip() or not value.strip():
            raise LayerhintError(f"--set {setting!r}: expected name=value, such as shortcut=projection")
        if key.strip() in overrides:
            raise LayerhintError(f"--set {key.strip()} stands twice: give it once")
        overrides[key.strip()] = parse_yaml(value, f"--set {setting}")
    return overrides
