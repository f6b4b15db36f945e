"""Prototxt files: nets and solvers as text, and messages as text."""

import logging
import re
from pathlib import Path
from typing import TypeVar

from google.protobuf import text_format
from google.protobuf.message import Message

from torchcaffe.errors import ProtoError
from torchcaffe.files import read_bytes
from torchcaffe.proto import sniff
from torchcaffe.proto.caffe_pb2 import NetParameter, SolverParameter
from torchcaffe.proto.hints import enum_hint, field_hint, missing_fields
from torchcaffe.proto.upgrade import upgrade_net, upgrade_snapshot_prefix, upgrade_solver

MAX_TEXT_BYTES = 64 * 2**20
"""The longest prototxt that is read: 64 MiB, far beyond any net that a person or a generator writes."""

_log = logging.getLogger("torchcaffe.proto")

AnyMessage = TypeVar("AnyMessage", bound=Message)

_REPLACEMENT = "\ufffd"

_NO_FIELD = re.compile(r'Message type "([\w.]+)" has no field named "(.*)"\.', re.DOTALL)
_NO_VALUE = re.compile(r'Enum type "([\w.]+)" has no value (?:named|with number) (.*)\.', re.DOTALL)
_TWICE = re.compile(r'Message type "caffe\.([\w.]+)" should not have multiple "(\w+)" fields\.')
_NO_STRING = re.compile(r"Expected string but found: '(.*)'", re.DOTALL)


def read_net(path: str | Path) -> NetParameter:
    """Reads a net's prototxt; old formats are upgraded, and each change is logged.

    Raises `ProtoError` for a file that cannot be read (absent, a directory, binary, larger than 64 MiB)
    and, with file:line:column, for text that is not a net.
    """
    return parse_net(_read_text(path, "net"), str(path))


def read_solver(path: str | Path) -> SolverParameter:
    """Reads a solver's prototxt; raises as `read_net` does.

    As in Caffe, a missing snapshot_prefix becomes the file's path without its ending, and one that is a
    directory gets the file's name appended.
    """
    solver = parse_solver(_read_text(path, "solver"), str(path))
    _log_notes(str(path), upgrade_snapshot_prefix(solver, path))
    return solver


def parse_net(text: str, name: str = "<text>") -> NetParameter:
    """Parses a net; `name` is the name of the file in messages. Raises `ProtoError`."""
    net = parse(text, NetParameter, name)
    _log_notes(name, upgrade_net(net, name))
    return net


def parse_solver(text: str, name: str = "<text>") -> SolverParameter:
    """Parses a solver; `name` is the name of the file in messages. Raises `ProtoError`."""
    solver = parse(text, SolverParameter, name)
    _log_notes(name, upgrade_solver(solver, name))
    return solver


def parse(text: str, message_type: type[AnyMessage], name: str = "<text>") -> AnyMessage:
    """Parses any message as it stands, without upgrades.

    Raises `ProtoError` with name:line:column, what is wrong there and the nearest thing that would be right.
    """
    if text.startswith("\ufeff"):
        raise ProtoError(f"{name}:1:1: the file begins with a byte-order mark, which Caffe rejects")
    message = message_type()
    try:
        text_format.Parse(text, message)
    except text_format.ParseError as error:
        line, column = error.GetLine() or 1, error.GetColumn() or 1
        raise ProtoError(f"{name}:{line}:{column}: {_reason(error, text, message)}") from error
    if _REPLACEMENT in text and _REPLACEMENT in to_text(message):
        raise ProtoError(f"{name}:{_replaced_line(text)}: a string is not UTF-8: save the file as UTF-8")
    missing = missing_fields(message)
    if missing:
        raise ProtoError(f"{name}: {', '.join(missing)} must be given")
    return message


def to_text(message: Message) -> str:
    """Returns `message` as prototxt, fields in the order of their numbers."""
    return text_format.MessageToString(message, as_utf8=True)


def _read_text(path: str | Path, kind: str) -> str:
    data = read_bytes(path, MAX_TEXT_BYTES, ProtoError)
    if sniff.is_binary(data) or sniff.is_hdf5(data):
        seen = sniff.describe(data)
        raise ProtoError(f"{path}: a {kind} is a text file (prototxt), but this looks like {seen}")
    if not data.strip():
        raise ProtoError(f"{path}: the file is empty, where a {kind} is expected")
    # Comments may hold any bytes, as in Caffe; `parse` refuses strings where some had to be replaced.
    return data.decode(errors="replace")


def _reason(error: text_format.ParseError, text: str, message: Message) -> str:
    said = _without_position(error, text)
    if match := _NO_FIELD.fullmatch(said):
        return field_hint(match[1], match[2], message.DESCRIPTOR.name)
    if match := _NO_VALUE.fullmatch(said):
        return enum_hint(match[1], match[2])
    if match := _TWICE.fullmatch(said):
        return f'"{match[2]}" is given twice, and {match[1]} takes it once'
    if match := _NO_STRING.fullmatch(said):
        return f"expected a string in quotes, got {match[1]}"
    if said in ('Expected "}".', 'Expected ">".'):
        return f"the text ends inside a block: a {said[9:12]} is missing"
    return said[:1].lower() + said[1:]


def _replaced_line(text: str) -> int:
    lines = text.split("\n")
    return next((i for i, line in enumerate(lines, 1) if _REPLACEMENT in line.partition("#")[0]), 1)


def _without_position(error: text_format.ParseError, text: str) -> str:
    """Drops the position and the copy of the whole line that protobuf puts before its messages."""
    said = re.sub(r"^\d+:\d+ : ", "", str(error))
    lines = text.split("\n")
    number = error.GetLine() or 1
    echo = f"'{lines[number - 1]}': " if number <= len(lines) else "'': "
    return said.removeprefix(echo).removeprefix("'': ")


def _log_notes(name: str, notes: list[str]) -> None:
    for note in notes:
        _log.info("%s: %s", name, note)
