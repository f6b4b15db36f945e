"""YAML as inert data: no tags, no aliases, no key twice, no file beyond 256 KiB."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from layerhint.errors import LayerhintError

MAX_BYTES = 256 * 1024
_SUFFIXES = (".yaml", ".yml")


class _PlainLoader(yaml.SafeLoader):
    """SafeLoader that refuses what a later line would silently replace or multiply."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            event: Any = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.constructor.ConstructorError(
                None, None, f"alias *{event.anchor} is not allowed: write the value out", event.start_mark
            )
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} is not a name", key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} stands twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def parse_yaml(text: str, origin: str) -> Any:
    """The value a YAML text holds; `origin` names the text in errors (LayerhintError)."""
    try:
        return yaml.load(text, Loader=_PlainLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise LayerhintError(f"{origin}{where}: {error.problem or error.context}") from error
    except yaml.YAMLError as error:
        raise LayerhintError(f"{origin}: not YAML: {error}") from error
    except ValueError as error:
        raise LayerhintError(f"{origin}: {error}") from error
    except RecursionError:
        raise LayerhintError(f"{origin}: nested too deeply to be an experiment") from None


def read_mapping(path: Path) -> dict[str, Any]:
    """The mapping a YAML file holds.

    Raises LayerhintError for a file that is absent, unreadable, larger than `MAX_BYTES`, not UTF-8, not YAML,
    with a key given twice, or whose top level is no mapping.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise LayerhintError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        return _mapping(raw, path)
    except LayerhintError as error:
        if is_yaml(path):
            raise
        raise LayerhintError(f"expected a YAML file, whose name ends in {' or '.join(_SUFFIXES)}: {error}") from None


def is_yaml(path: Path) -> bool:
    """Whether a file is YAML, by its name."""
    return path.suffix in _SUFFIXES


def _mapping(raw: bytes, path: Path) -> dict[str, Any]:
    if len(raw) > MAX_BYTES:
        raise LayerhintError(f"{path}: larger than {MAX_BYTES // 1024} KiB, which no experiment needs")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise LayerhintError(f"{path}: byte {error.start} is not UTF-8") from error
    value = parse_yaml(text, str(path))
    if not isinstance(value, dict):
        raise LayerhintError(f"{path}: expected `key: value` lines at the top level, got {describe(value)}")
    return value


def describe(value: object) -> str:
    """A short name of a YAML value for messages: `the text '1e-4'`, `a list`, `nothing`."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case str():
            return f"the text {value[:60]!r}"
        case int() | float():
            return f"{value}"[:60]
        case list() | tuple():
            return "a list"
        case dict():
            return "a mapping"
    return f"a {type(value).__name__}"
