"""Guesses what the author of an unknown field or enum value most likely meant."""

from google.protobuf.message import Message

from torchcaffe.nearest import nearest
from torchcaffe.proto.caffe_pb2 import DESCRIPTOR, NetParameter, SolverParameter

_ROOTS: dict[str, tuple[type[Message], str]] = {
    "NetParameter": (SolverParameter, "a solver"),
    "SolverParameter": (NetParameter, "a net"),
}
_NOT_MEANT = {"NetParameter", "V1LayerParameter", "V0LayerParameter"}
_FEW = 8


def field_hint(message_name: str, field: str, root: str) -> str:
    """The error text for an unknown field of a message (by its full name), with the field or place likely meant.

    `root` is the name of the file's outermost message.
    """
    message = DESCRIPTOR.pool.FindMessageTypeByName(message_name)
    said = f'unknown field "{field}" in {message.name}'
    places = [
        inner.name
        for inner in message.fields
        if inner.message_type is not None
        and inner.message_type.name not in _NOT_MEANT
        and field in inner.message_type.fields_by_name
    ]
    if places:
        return f"{said}; it belongs inside {_either(places)}"
    if message.name == root and root in _ROOTS:
        other, kind = _ROOTS[root]
        if field in other.DESCRIPTOR.fields_by_name:
            return f"{said}; it is a field of {other.DESCRIPTOR.name}: is this {kind}'s file?"
    return said + _did_you_mean(field, [known.name for known in message.fields])


def enum_hint(enum_name: str, value: str) -> str:
    """The error text for an unknown value of an enum (by its full name), with the values known or likely meant."""
    enum = DESCRIPTOR.pool.FindEnumTypeByName(enum_name)
    known = [entry.name for entry in enum.values]
    said = f"unknown value {value} for {enum_name.removeprefix(f'{DESCRIPTOR.package}.')}"
    if len(known) <= _FEW:
        said += f", which takes {_either(known)}"
    return said + _did_you_mean(value, known)


def missing_fields(message: Message) -> list[str]:
    """Returns the paths of required fields that `message` lacks, such as "layer[0].clip_param.max"."""
    paths: list[str] = message.FindInitializationErrors()  # type: ignore[attr-defined]  # not in the stubs
    return paths


def _did_you_mean(got: str, known: list[str]) -> str:
    near = nearest(got, known)
    return f'; did you mean "{near}"?' if near else ""


def _either(names: list[str]) -> str:
    shown = names[:_FEW]
    more = [f"{len(names) - _FEW} more"] if len(names) > _FEW else []
    *first, last = [*shown, *more]
    return f"{', '.join(first)} or {last}" if first else last
