"""Binary messages: caffemodel, solverstate and binaryproto files, and blobs as numpy arrays."""

import logging
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError, EncodeError, Message

from torchcaffe.errors import ProtoError
from torchcaffe.files import read_bytes, write_bytes_atomically
from torchcaffe.proto import sniff
from torchcaffe.proto.caffe_pb2 import BlobProto, NetParameter
from torchcaffe.proto.hints import missing_fields
from torchcaffe.proto.upgrade import upgrade_net

MAX_BYTES = 2**31 - 1
"""The longest message that protobuf, and with it Caffe, can read or write: 2 GiB less one byte."""

_FILE_KINDS = {"NetParameter": "caffemodel", "SolverState": "solverstate", "BlobProto": "binaryproto"}

_OLD_AXES = ("num", "channels", "height", "width")

_log = logging.getLogger("torchcaffe.proto")

AnyMessage = TypeVar("AnyMessage", bound=Message)
Array = npt.NDArray[np.floating[Any]]


def read_binary(path: str | Path, message_type: type[AnyMessage]) -> AnyMessage:
    """Reads the binary file `path` as a message of `message_type`.

    Raises `ProtoError` for a file that is absent, empty, cut short, of 2 GiB or more, or of another kind.
    """
    data = read_bytes(path, MAX_BYTES, ProtoError)
    if not data:
        raise ProtoError(f"cannot read {path}: the file is empty")
    found = sniff.layout(data)
    _check_not_cut_short(path, data, found, message_type)
    if sniff.is_hdf5(data) or not sniff.fits(found, message_type):
        raise ProtoError(_another_kind(path, data, message_type))
    try:
        message = message_type.FromString(data)
    except (DecodeError, UnicodeDecodeError) as error:
        raise ProtoError(
            f"cannot read {path}: its content is damaged, or it is no {_kind(message_type)}: {error}"
        ) from error
    _check_complete(path, message)
    for where in _undecodable_strings(message):
        raise ProtoError(f"cannot read {path}: {where} is not UTF-8, so the file is damaged or not from Caffe")
    return message


def read_caffemodel(path: str | Path) -> NetParameter:
    """Reads a caffemodel: a net whose layers hold their parameters in `blobs`. Old formats are upgraded.

    Raises `ProtoError` as `read_binary` does, and for a net without layers.
    """
    net = read_binary(path, NetParameter)
    for note in upgrade_net(net, str(path)):
        _log.info("%s: %s", path, note)
    return net


def write_binary(path: str | Path, message: Message) -> None:
    """Writes `message` to `path`; on failure the file that was there stays as it was.

    Raises `ProtoError` for a message of 2 GiB or more or one that lacks a required field, and `CaffeError`
    where the file cannot be written.
    """
    try:
        data = message.SerializeToString()
    except (EncodeError, ValueError) as error:
        missing = missing_fields(message)
        reason = f"it lacks {', '.join(missing)}" if missing else str(error)
        raise ProtoError(f"cannot write {path}: {message.DESCRIPTOR.name}: {reason}") from error
    if len(data) > MAX_BYTES:
        raise ProtoError(
            f"cannot write {path}: {len(data)} bytes, beyond protobuf's limit of 2 GiB: use snapshot_format: HDF5"
        )
    write_bytes_atomically(path, data)


def _check_not_cut_short(path: str | Path, data: bytes, found: sniff.Layout, message_type: type[Message]) -> None:
    if found.length is None or found.length <= len(data) or not sniff.fits(found, message_type):
        return
    raise ProtoError(
        f"cannot read {path}: the {_kind(message_type)} is cut short: it holds {len(data)} bytes, and its"
        f" last field ends at byte {found.length} or later; copy or download it again"
    )


def _check_complete(path: str | Path, message: Message) -> None:
    missing = missing_fields(message)
    if missing:
        raise ProtoError(f"cannot read {path}: it lacks {', '.join(missing)}, which the format requires")


def _undecodable_strings(message: Message, where: str = "") -> Iterator[str]:
    """Yields the paths of strings that are not UTF-8, which protobuf lets pass and hands out as bytes."""
    for field, value in message.ListFields():
        if field.message_type is None and field.type != FieldDescriptor.TYPE_STRING:
            continue
        path = f"{where}.{field.name}".removeprefix(".")
        repeated = isinstance(field.default_value, list)
        for name, entry in [(f"{path}[{i}]", each) for i, each in enumerate(value)] if repeated else [(path, value)]:
            if isinstance(entry, bytes):
                yield name
            elif isinstance(entry, Message):
                yield from _undecodable_strings(entry, name)


def _another_kind(path: str | Path, data: bytes, message_type: type[Message]) -> str:
    kind = _kind(message_type)
    seen = sniff.describe(data)
    said = f"cannot read {path}: it is not a {kind}: it looks like {seen}"
    if sniff.is_hdf5(data):
        return f"{said}, such as a snapshot written with snapshot_format: HDF5"
    if message_type is NetParameter and seen.startswith("a binary file"):
        return f"{said}, and it has no layers"
    return said


def _kind(message_type: type[Message]) -> str:
    name = message_type.DESCRIPTOR.name
    return _FILE_KINDS.get(name, name)


def blob_to_array(blob: BlobProto, name: str = "blob", diff: bool = False) -> Array:
    """Returns a blob's values (or gradients, with `diff`) as a new array of the blob's shape.

    float32 from `data`, float64 from `double_data`, which goes first as in Caffe. The old fields num,
    channels, height and width, if any is set, give a shape (N, C, H, W) in place of `shape`; without any
    shape the blob is a scalar. Raises `ProtoError` naming `name` where the count of values is not the
    product of the shape.

    Source: Caffe 1.0, `src/caffe/blob.cpp` (FromProto).
    """
    doubles, floats = (blob.double_diff, blob.diff) if diff else (blob.double_data, blob.data)
    shape = blob_shape(blob)
    if any(size < 0 for size in shape):
        raise ProtoError(f"{name}: the shape {_times(shape)} has a negative size")
    values: Array = np.array(doubles, dtype="<f8") if len(doubles) else np.array(floats, dtype="<f4")
    if values.size != math.prod(shape):
        field = "diff" if diff else "data"
        raise ProtoError(
            f"{name}: {values.size} values in `{field}`, where the shape {_times(shape)} calls for {math.prod(shape)}"
        )
    return values.reshape(shape)


def blob_shape(blob: BlobProto) -> tuple[int, ...]:
    """Returns a blob's shape, outermost axis first, by Caffe's rule for files older than `shape`."""
    if any(blob.HasField(axis) for axis in _OLD_AXES):
        return (blob.num, blob.channels, blob.height, blob.width)
    return tuple(blob.shape.dim)


def array_to_blob(values: Array, diff: Array | None = None) -> BlobProto:
    """Returns a blob of `values` and their shape, and of the gradients `diff` if given.

    float32 goes to `data` and float64 to `double_data`, as in Caffe 1.0's `Blob::ToProto`. Raises
    `ProtoError` for another type and for a `diff` of another shape or type.
    """
    if values.dtype not in (np.float32, np.float64):
        raise ProtoError(f"a blob holds float32 or float64, got {values.dtype}: convert the array first")
    if diff is not None and (diff.shape, diff.dtype) != (values.shape, values.dtype):
        raise ProtoError(
            f"a blob's diff has its data's shape and type, {_times(values.shape)} {values.dtype},"
            f" got {_times(diff.shape)} {diff.dtype}"
        )
    double = values.dtype == np.float64
    encoded = _packed_field("double_data" if double else "data", values)
    if diff is not None:
        encoded += _packed_field("double_diff" if double else "diff", diff)
    # Parsing the packed bytes is some twenty times faster than extending the field value by value.
    blob = BlobProto.FromString(encoded)
    blob.shape.SetInParent()
    blob.shape.dim.extend(values.shape)
    return blob


def _packed_field(name: str, values: Array) -> bytes:
    """Encodes a packed repeated field: tag, length in bytes, little-endian values in row-major order."""
    number = BlobProto.DESCRIPTOR.fields_by_name[name].number
    payload = values.astype(values.dtype.newbyteorder("<"), copy=False).tobytes()
    return bytes([number << 3 | 2]) + _varint(len(payload)) + payload


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value >= 128:
        encoded.append(value & 127 | 128)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _times(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "()"
