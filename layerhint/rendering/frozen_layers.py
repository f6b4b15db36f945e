"""A user's own teacher, frozen, as the text of layers in a training net."""

from collections.abc import Collection, Iterator

from google.protobuf import text_format

from layerhint.trainings.own_net import OwnLayer, OwnNet
from torchcaffe.proto.caffe_pb2 import LayerParameter


def frozen_layers(net: OwnNet, blobs: Collection[str], prefix: str, layer_prefix: str | None = None) -> str:
    """The layers up to some blobs, with `prefix` before the name of every blob, shared param and layer.

    Layers have `layer_prefix` instead, if that is given.

    - The images are the training net's blob `data`; a layer that would work on it in place writes a blob of its own.
    - Every param has lr_mult 0 and decay_mult 0, and BatchNorm uses the statistics that it has.
    - Blobs that nothing needs go to a Silence layer, so that no log prints them.
    """
    named = prefix if layer_prefix is None else layer_prefix
    chosen = net.below(blobs)
    called = {net.input: "data"}
    layers = [_frozen(layer, called, prefix, named) for layer in chosen]
    unread = [called[blob] for blob in _unread(chosen, blobs)]
    if unread:
        layers.append(LayerParameter(name=f"{named}silence", type="Silence", bottom=unread))
    return "".join(map(_text, layers))


def _frozen(layer: OwnLayer, called: dict[str, str], prefix: str, named: str) -> LayerParameter:
    """One layer; `called` maps the net's blobs to their names here, and learns those that it makes."""
    param = text_format.Parse(layer.text, LayerParameter())
    param.name = named + layer.name
    param.bottom[:] = [called[blob] for blob in layer.bottoms]
    called |= {blob: prefix + blob for blob in layer.tops}
    param.top[:] = [called[blob] for blob in layer.tops]
    shared = [spec.name for spec in param.param]
    del param.param[:]
    for i in range(len(layer.params)):
        spec = param.param.add(lr_mult=0, decay_mult=0)
        if i < len(shared) and shared[i]:
            spec.name = prefix + shared[i]
    if param.type == "BatchNorm":
        param.batch_norm_param.use_global_stats = True
    return param


def _unread(layers: tuple[OwnLayer, ...], blobs: Collection[str]) -> Iterator[str]:
    """The blobs whose last value no layer reads, and that are not among `blobs`."""
    read: dict[str, bool] = {}
    for layer in layers:
        read |= dict.fromkeys(layer.bottoms, True)
        read |= dict.fromkeys(layer.tops, False)
    return (blob for blob, was_read in read.items() if not was_read and blob not in blobs)


def _text(layer: LayerParameter) -> str:
    """A layer as the templates write it: its name, type and blobs on a line, then its params, then its settings."""
    head = LayerParameter(name=layer.name, type=layer.type, bottom=layer.bottom, top=layer.top)
    others = [field.name for field, _ in layer.ListFields() if field.number > LayerParameter.TOP_FIELD_NUMBER]
    lines = [text_format.MessageToString(part, as_one_line=True) for part in (head, *(_only(layer, f) for f in others))]
    if len(lines) == 1:
        return f"layer {{ {lines[0]} }}\n"
    return "layer {\n" + "".join(f"  {line}\n" for line in lines) + "}\n"


def _only(layer: LayerParameter, name: str) -> LayerParameter:
    part = LayerParameter()
    part.CopyFrom(layer)
    for field, _ in layer.ListFields():
        if field.name != name:
            part.ClearField(field.name)
    return part
