"""Nets written in Python: `layers` makes layers, `params` names their constants, `NetSpec` collects tops.

    n = caffe.NetSpec()
    n.data = L.Input(shape=dict(dim=[7, 3, 5, 4]))
    n.pool = L.Pooling(n.data, kernel_size=2, pool=P.Pooling.MAX)
    print(n.to_proto())

All of it is derived from the messages in `caffe_pb2`, so it works for every layer type. Source: Caffe 1.0,
`python/caffe/net_spec.py`.
"""

import inspect
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable
from typing import Any

from google.protobuf.message import Message

from torchcaffe.nearest import did_you_mean
from torchcaffe.proto import caffe_pb2

LayerDict = dict["Function", caffe_pb2.LayerParameter]


class Top:
    """One of the blobs that a layer makes."""

    def __init__(self, fn: "Function", n: int) -> None:
        self.fn = fn
        self.n = n

    def to_proto(self) -> caffe_pb2.NetParameter:
        """The net that computes this blob."""
        return to_proto(self)


class Function:
    """A layer: its type, the blobs it reads, and its parameters; `ntop` and `in_place` say what it makes."""

    def __init__(self, type_name: str, inputs: Iterable[Any], params: dict[str, Any]) -> None:
        self.type_name = type_name
        self.inputs: list[Top] = []
        for i, top in enumerate(inputs):
            if not isinstance(top, Top):
                raise TypeError(f"{type_name} input {i} is not a Top (type is {type(top)})")
            self.inputs.append(top)
        self.params = dict(params)
        self.ntop: int = self.params.pop("ntop", 1)
        self.in_place: bool = self.params.pop("in_place", False)
        self.tops = tuple(Top(self, n) for n in range(self.ntop))


class _Writer:
    """Writes functions as layers, each after those whose tops it reads; makes names where none is given."""

    def __init__(self, names: dict[Top | Function, str]) -> None:
        self.layers: LayerDict = {}
        self._names = names
        self._used: Counter[str] = Counter()

    def write(self, last: Function) -> None:
        waiting = [last]
        while waiting:  # Not by recursion: nets are deeper than Python's stack.
            fn = waiting[-1]
            unwritten = [top.fn for top in fn.inputs if top.fn not in self.layers]
            if unwritten:
                waiting.append(unwritten[0])
                continue
            waiting.pop()
            if fn not in self.layers:
                self.layers[fn] = self._layer(fn)

    def net(self) -> caffe_pb2.NetParameter:
        return caffe_pb2.NetParameter(layer=self.layers.values())

    def _layer(self, fn: Function) -> caffe_pb2.LayerParameter:
        layer = caffe_pb2.LayerParameter(type=fn.type_name)
        layer.bottom.extend(self.layers[top.fn].top[top.n] for top in fn.inputs)
        layer.top.extend(layer.bottom if fn.in_place else map(self._name, fn.tops))
        layer.name = self._name(fn.tops[0] if fn.tops else fn)
        for name, value in fn.params.items():
            assign_proto(_owner(layer, name), name, value)
        return layer

    def _name(self, named: Top | Function) -> str:
        if named not in self._names:
            type_name = (named.fn if isinstance(named, Top) else named).type_name
            self._used[type_name] += 1
            self._names[named] = f"{type_name}{self._used[type_name]}"
        return self._names[named]


def _owner(layer: caffe_pb2.LayerParameter, name: str) -> Message:
    """The message that a parameter of this name belongs to: the layer type's own, or else the layer."""
    own = _PARAM_FIELDS.get(layer.type)
    if own and not name.endswith("param"):
        message: Message = getattr(layer, own)
        if name in message.DESCRIPTOR.fields_by_name:
            return message
    if name not in layer.DESCRIPTOR.fields_by_name:
        raise AttributeError(_why_unknown(layer.type, name))
    return layer


def _why_unknown(type_name: str, name: str) -> str:
    known = list(caffe_pb2.LayerParameter.DESCRIPTOR.fields_by_name)
    own = _PARAM_FIELDS.get(type_name)
    if own:
        known = [*getattr(caffe_pb2.LayerParameter(), own).DESCRIPTOR.fields_by_name, *known]
    places = " or ".join(filter(None, [own, "LayerParameter"]))
    return f"{type_name} has no parameter '{name}' in {places}.{did_you_mean(name, known)}"


def to_proto(*tops: Top) -> caffe_pb2.NetParameter:
    """The net that computes these blobs."""
    writer = _Writer({})
    for top in tops:
        writer.write(top.fn)
    return writer.net()


def assign_proto(proto: Message, name: str, value: Any) -> None:
    """Sets a field: from a dict a message, from a list a repeated field, one value as a list of one."""
    if name not in proto.DESCRIPTOR.fields_by_name:
        raise AttributeError(f"{proto.DESCRIPTOR.name} has no field '{name}'")
    field = getattr(proto, name)
    if hasattr(field, "extend"):
        values = value if isinstance(value, (list, tuple)) else [value]
        if values and isinstance(values[0], dict):
            for item in values:
                _assign_all(field.add(), item)
        else:
            field.extend(values)
    elif isinstance(value, dict):
        field.SetInParent()
        _assign_all(field, value)
    else:
        setattr(proto, name, value)


def _assign_all(proto: Message, values: dict[str, Any]) -> None:
    for name, value in values.items():
        assign_proto(proto, name, value)


class NetSpec:
    """Tops by name, as attributes or items; `to_proto` gives the net that computes them all."""

    tops: "OrderedDict[str, Any]"

    def __init__(self) -> None:
        super().__setattr__("tops", OrderedDict())

    def __setattr__(self, name: str, value: Any) -> None:
        self.tops[name] = value

    def __getattr__(self, name: str) -> Any:
        try:
            return self.tops[name]
        except KeyError:
            raise AttributeError(f"this NetSpec has no top '{name}'") from None

    def __delattr__(self, name: str) -> None:
        del self.tops[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self.tops[name] = value

    def __getitem__(self, name: str) -> Any:
        return self.tops[name]

    def __delitem__(self, name: str) -> None:
        del self.tops[name]

    def to_proto(self) -> caffe_pb2.NetParameter:
        """The net: every layer that a top or a layer without tops needs, in the order of assignment."""
        writer = _Writer({top: name for name, top in self.tops.items()})
        for top in self.tops.values():
            writer.write(top.fn if isinstance(top, Top) else top)
        return writer.net()


def layer_function(type_name: str) -> Callable[..., Any]:
    """`layers.Convolution` and so on: turns tops and parameters into a top, a tuple of `ntop`, or for 0 a Function."""

    def make(*inputs: Any, **params: Any) -> Any:
        fn = Function(type_name, inputs, params)
        if fn.ntop == 0:
            return fn
        return fn.tops[0] if fn.ntop == 1 else fn.tops

    make.__name__ = make.__qualname__ = type_name
    make.__doc__ = _help(type_name)
    return make


def _help(type_name: str) -> str:
    """What a layer of the type does, from its class, and the names of its own parameters."""
    from torchcaffe.layer_types import LAYERS, layer_class  # Brings torch along.

    paragraphs = []
    if type_name in LAYERS:
        paragraphs.append(inspect.getdoc(layer_class(type_name)) or "")
    own = _PARAM_FIELDS.get(type_name)
    if own:
        names = getattr(caffe_pb2.LayerParameter(), own).DESCRIPTOR.fields_by_name
        paragraphs.append(f"Parameters of {own}: {', '.join(names)}.")
    paragraphs.append("Others are LayerParameter's: name, param, loss_weight, include and so on.")
    return "\n\n".join(
        [*paragraphs, "Gives a top; with ntop=2 and more a tuple of them; with in_place=True its own bottom."]
    )


class Layers:
    """`layers.<Type>(...)` for every layer type."""

    def __dir__(self) -> list[str]:
        from torchcaffe.layer_types import layer_type_list  # Brings torch along.

        return layer_type_list()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return layer_function(name)


class Parameters:
    """`params.<Name>.<CONSTANT>`: the constants of the message `<Name>Parameter`, such as `Pooling.MAX`."""

    def __getattr__(self, name: str) -> Any:
        message = getattr(caffe_pb2, f"{name}Parameter", None)
        if message is None:
            raise AttributeError(f"there is no message {name}Parameter.{did_you_mean(name, dir(self))}")
        return message

    def __dir__(self) -> list[str]:
        names = (name for name in caffe_pb2.DESCRIPTOR.message_types_by_name if not name.endswith("LayerParameter"))
        return sorted(name.removesuffix("Parameter") for name in names if name.endswith("Parameter"))


def param_name_dict() -> dict[str, str]:
    """From a message's name without `Parameter`, mostly a layer type, to its field without `_param`."""
    fields_by_name = {}
    for field in caffe_pb2.LayerParameter.DESCRIPTOR.fields:
        if field.name.endswith("_param") and field.message_type is not None:
            fields_by_name[field.message_type.name.removesuffix("Parameter")] = field.name.removesuffix("_param")
    return fields_by_name


_PARAM_FIELDS = {name: f"{field}_param" for name, field in param_name_dict().items()}

layers = Layers()
params = Parameters()
