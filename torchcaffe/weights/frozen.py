"""Refuses frozen layers that got no weights: such a training would run without an error, but be useless."""

from collections.abc import Container

from google.protobuf.message import Message

from torchcaffe.blob import Blob
from torchcaffe.errors import NetError
from torchcaffe.layer_types.layer import Layer
from torchcaffe.net import Net
from torchcaffe.proto import caffe_pb2

_RANDOM_FILLERS = {"uniform", "gaussian", "xavier", "msra", "positive_unitball"}
_SAVED = "begin.caffemodel"


def check_frozen_layers(net: Net, loaded: Container[str], weights: str) -> None:
    """Refuses (`NetError`) a net with a frozen layer that holds nothing but random numbers or empty statistics.

    A layer is frozen if lr_mult is 0 for all its params. Such a layer must be among the `loaded`, which took
    their params from the caffemodels `weights` (empty if none was given), unless a filler that is not random
    sets its weights: exact subsampling is a frozen Convolution with a constant filler. One that shares all its params
    with a loaded layer has got them too, and so has one whose params the prototxt gives in `blobs`.
    """
    known = {_address(blob) for layer in net.layers if layer.name in loaded for blob in layer.blobs}
    for layer in net.layers:
        if known.issuperset(map(_address, layer.blobs)) or layer.param.blobs or not _is_frozen(layer):
            continue
        lacking = _what_it_lacks(layer)
        if lacking:
            remedy = f"'{weights}' has no layer of that name" if weights else "no weights were given"
            raise NetError(
                f"layer '{layer.name}' ({layer.param.type}) is frozen (lr_mult 0), but {lacking}, and {remedy}: "
                "pass the caffemodels that hold it with -weights, or go on with -snapshot. If it is meant to stay so, "
                f"save the net as it is, `import torchcaffe as caffe; caffe.Net(FILE, caffe.TRAIN).save({_SAVED!r})`, "
                f"and pass -weights {_SAVED}"
            )


def _address(blob: Blob) -> int:
    """A param's address in memory, by which shared params are recognized."""
    return blob.data.data_ptr()


def _is_frozen(layer: Layer) -> bool:
    specs = layer.param.param
    return bool(layer.blobs) and len(specs) == len(layer.blobs) and all(spec.lr_mult == 0 for spec in specs)


def _what_it_lacks(layer: Layer) -> str:
    if layer.param.type == "BatchNorm":
        empty = layer.param.batch_norm_param.use_global_stats
        return "its use_global_stats is true while its statistics are empty" if empty else ""
    for message in _own_params(layer.param):
        if "weight_filler" in message.DESCRIPTOR.fields_by_name and not message.HasField("weight_filler"):
            return "its weights are zeros, without a filler"
        for filler in _fillers(message):
            if filler.type in _RANDOM_FILLERS:
                return f"its weights are random numbers of its filler '{filler.type}'"
    return ""


def _own_params(param: caffe_pb2.LayerParameter) -> list[Message]:
    return [value for field, value in param.ListFields() if field.name.endswith("_param")]


def _fillers(message: Message) -> list[caffe_pb2.FillerParameter]:
    return [value for _, value in message.ListFields() if isinstance(value, caffe_pb2.FillerParameter)]
