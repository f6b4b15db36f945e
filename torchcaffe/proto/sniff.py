"""Recognizes a file by its content, for error messages and to tell one binary message from another.

Protobuf files carry no name of their type: a solverstate parses as a caffemodel without layers. The kinds are
told apart by the numbers and wire types of their outermost fields (protobuf's encoding guide).
"""

from collections.abc import Iterator
from typing import NamedTuple

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from torchcaffe.proto import caffe_pb2

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5

_MAGIC = (
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"version https://git-lfs", "a Git LFS pointer, which stands for a file that was not fetched"),
    (b"<!DOCTYPE", "a web page"),
    (b"<!doctype", "a web page"),
    (b"<html", "a web page"),
    (b"PK\x03\x04", "a zip archive, as PyTorch's checkpoints are"),
    (b"\x1f\x8b", "a gzip archive"),
)

# Fields without which a message of the type would be of no use. Messages not named here need any known field.
_NEEDED = {
    "NetParameter": {"layer", "layers"},
    "SolverState": {"iter"},
    "BlobProto": {"data", "double_data", "shape", "num"},
    "Datum": {"data", "float_data"},
}
_KINDS = {
    "NetParameter": "a caffemodel",
    "SolverState": "a solverstate",
    "BlobProto": "a binaryproto of one blob (such as a mean image)",
    "Datum": "a Datum",
}

_TYPE = FieldDescriptor
_WIRE_TYPES = {
    _TYPE.TYPE_DOUBLE: _FIXED64,
    _TYPE.TYPE_FLOAT: _FIXED32,
    _TYPE.TYPE_STRING: _LENGTH,
    _TYPE.TYPE_BYTES: _LENGTH,
    _TYPE.TYPE_MESSAGE: _LENGTH,
}


class Layout(NamedTuple):
    """The outermost fields of a protobuf file: their (number, wire type) pairs, and the file length that they imply."""

    fields: frozenset[tuple[int, int]]
    length: int | None
    """Bytes up to the last field's end, beyond the file's if it is cut short; None if it is not protobuf."""


def is_hdf5(data: bytes) -> bool:
    """Whether `data` begins as HDF5 files do."""
    return data.startswith(_MAGIC[0][0])


def is_binary(data: bytes) -> bool:
    """Whether `data` cannot be a prototxt: it holds control characters that no text has."""
    return any(byte < 9 or 13 < byte < 32 for byte in data[:4096])


def describe(data: bytes) -> str:
    """Says what `data` looks like, as words that follow "it looks like"."""
    if not data:
        return "an empty file"
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
    if not is_binary(data):
        return "a text file"
    found = layout(data)
    for name, kind in _KINDS.items():
        if fits(found, getattr(caffe_pb2, name)):
            return kind if found.length == len(data) else f"{kind} cut short"
    return "a binary file of another kind"


def fits(found: Layout, message_type: type[Message]) -> bool:
    """Whether the outermost fields `found` can be those of `message_type`.

    Numbers that `message_type` does not know are accepted: forks of Caffe add fields.
    """
    if found.length is None:
        return False
    fields = message_type.DESCRIPTOR.fields
    known = {
        (field.number, wire): field.name for field in fields for wire in _wire_types(field.type, field.default_value)
    }
    numbers = {field.number for field in fields}
    if any(number in numbers and (number, wire) not in known for number, wire in found.fields):
        return False
    present = {known[pair] for pair in found.fields if pair in known}
    return bool(present & _NEEDED.get(message_type.DESCRIPTOR.name, present))


def layout(data: bytes) -> Layout:
    """Walks the outermost fields of `data`, without reading into them."""
    fields: set[tuple[int, int]] = set()
    end = 0
    try:
        for number, wire, field_end in _walk(data):
            fields.add((number, wire))
            end = field_end
    except IndexError:
        end = len(data) + 1
    except ValueError:
        return Layout(frozenset(fields), None)
    return Layout(frozenset(fields), end)


def _walk(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yields (field number, wire type, end).

    Raises IndexError at a cut inside a number and ValueError where the data is not protobuf.
    """
    position = 0
    while position < len(data):
        tag, position = _varint(data, position)
        number, wire = tag >> 3, tag & 7
        if number == 0:
            raise ValueError("field numbers begin at 1")
        if wire == _VARINT:
            _, position = _varint(data, position)
        elif wire == _LENGTH:
            length, position = _varint(data, position)
            position += length
        elif wire in (_FIXED32, _FIXED64):
            position += 4 if wire == _FIXED32 else 8
        else:
            raise ValueError(f"wire type {wire} is not in use")
        yield number, wire, position


def _varint(data: bytes, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = data[position]
        position += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, position
    raise ValueError("a varint has at most ten bytes")


def _wire_types(field_type: int, default: object) -> set[int]:
    wire = _WIRE_TYPES.get(field_type, _VARINT)
    # A list as default marks a repeated field, in every protobuf runtime from 4.21 on.
    # Readers take repeated numbers packed or not, whatever the field's option says.
    return {wire, _LENGTH} if isinstance(default, list) else {wire}
