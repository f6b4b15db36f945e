"""Compares two messages of a prototxt field by field; a field that is not set has its default."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from google.protobuf import text_format
from google.protobuf.message import Message

from layerhint.rendering.numbers import number
from torchcaffe.proto.caffe_pb2 import LayerParameter

AnyMessage = TypeVar("AnyMessage", bound=Message)


@dataclass(frozen=True)
class Difference:
    """A field that is not as it should be: its `path`, both values as a prototxt spells them, and what to do."""

    path: str
    found: str
    wanted: str
    remedy: str


def differences(found: Message, wanted: Message, *within: str) -> Iterator[Difference]:
    """The fields of `found`, and of the messages in it, that are not those of `wanted`.

    `within` are the names of the fields that lead to these messages, from the layer on.
    """
    if found == wanted:
        return
    given = {field.name for field, _ in wanted.ListFields()}
    for name, field in {field.name: field for message in (found, wanted) for field, _ in message.ListFields()}.items():
        is_, meant = getattr(found, name), getattr(wanted, name)
        if isinstance(meant, Message):
            yield from differences(is_, meant, *within, name)
        elif _value(found, field) != _value(wanted, field):
            text = " ".join(f"{name}: {value}" for value in _spelt(field, meant))
            for outer in reversed(within):
                text = f"{outer} {{ {text} }}"
            yield Difference(
                ".".join((*within, name)),
                _said(found, field),
                _said(wanted, field),
                f"Write `{text}`" if name in given else f"Leave {name} out",
            )


def settings(layer: LayerParameter, *looked_at: str) -> Iterator[Difference]:
    """A layer's settings besides its name, type, bottoms, tops and the fields `looked_at` elsewhere."""
    return differences(without(layer, "name", "type", "bottom", "top", *looked_at), LayerParameter())


def without(message: AnyMessage, *fields: str) -> AnyMessage:
    """A copy of a message without some fields; `a.b` is the field b of the message that is field a."""
    copy = type(message)()
    copy.CopyFrom(message)
    for field in fields:
        outer, _, name = field.rpartition(".")
        (getattr(copy, outer) if outer else copy).ClearField(name)
    return copy


def with_window(layer: LayerParameter) -> LayerParameter:
    """A copy of a layer; of a convolution with stride, pad and dilation set, as repeated fields have no default."""
    copy = without(layer)
    if copy.type == "Convolution":
        param = copy.convolution_param
        for values, default in ((param.stride, 1), (param.pad, 0), (param.dilation, 1)):
            if not values:
                values.append(default)
    return copy


def _value(message: Message, field: Any) -> Any:
    """The value of a field (a FieldDescriptor), or its default; None if it has none."""
    value = getattr(message, field.name)
    if not isinstance(value, str | bytes | int | float):
        return list(value)
    return value if field.has_default_value or message.HasField(field.name) else None


def _said(message: Message, field: Any) -> str:
    value = _value(message, field)
    return "nothing" if value is None else ", ".join(_spelt(field, value)) or "nothing"


def _spelt(field: Any, value: Any) -> list[str]:
    """A value as a prototxt spells it, or each of several."""
    match value:
        case str():
            return [f'"{value}"']
        case bool():
            return [str(value).lower()]
        case float():
            return [number(value)]
        case int():
            return [str(field.enum_type.values_by_number[value].name if field.enum_type is not None else value)]
        case Message():
            return [f"{{ {text_format.MessageToString(value, as_one_line=True)} }}"]
    return [spelt for part in value for spelt in _spelt(field, part)]
