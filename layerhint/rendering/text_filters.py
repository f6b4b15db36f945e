"""How values are spelt in the generated files: strings, YAML scalars, shell words."""

import json
import re
import shlex

from layerhint.errors import LayerhintError

_PLAIN_YAML = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*|/[A-Za-z0-9_./-]+")
_YAML_WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}


def quoted(text: str) -> str:
    """A string of protobuf's text format."""
    _refuse_control(text)
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def yaml_scalar(text: str) -> str:
    """A YAML string: plain where nothing can be mistaken, else in double quotes."""
    _refuse_control(text)
    if _PLAIN_YAML.fullmatch(text) and text.lower() not in _YAML_WORDS:
        return text
    return json.dumps(text)


def shell_word(text: str) -> str:
    """One word for a POSIX shell, in a comment of one line."""
    _refuse_control(text)
    return shlex.quote(text)


def _refuse_control(text: str) -> None:
    """A line break would end a comment and begin a line of its own."""
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise LayerhintError(f"{text!r} holds a control character, which no path may have")
