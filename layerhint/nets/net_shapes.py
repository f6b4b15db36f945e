"""What Caffe makes of a net: its blobs' shapes, its params' shapes, the weights of its losses."""

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from google.protobuf.message import Message

import torchcaffe as caffe
from layerhint.surgery.data_inputs import replace_data_by_input
from torchcaffe.errors import CaffeError
from torchcaffe.proto import caffe_pb2

Shape = tuple[int, ...]


@dataclass(frozen=True)
class NetShapes:
    """The shape of each blob, the shapes of each layer's params, and the loss weight of each blob that has one."""

    blobs: Mapping[str, Shape]
    params: Mapping[str, tuple[Shape, ...]]
    loss_weights: Mapping[str, float]


class CannotSetUpError(Exception):
    """Caffe refuses a net: `layer` is the one that it names, if any."""

    def __init__(self, reason: str) -> None:
        named = re.match(r"layer '(?P<name>[^']+)'(?: \(\w+\))?: ", reason)
        super().__init__(reason[named.end() :] if named else reason)
        self.layer = named["name"] if named else None


def net_shapes(param: caffe_pb2.NetParameter, phase: int, image: Shape) -> NetShapes:
    """Sets a net up through pycaffe, without its database and without drawing random numbers.

    Data layers are replaced by inputs of `image` (channels, height, width), or of their own crop; no shape depends
    on a filler. Nets that differ only in fillers or names are set up once. pycaffe's mode is CPU from here on.

    Raises:
        CannotSetUpError: Caffe would refuse the net.
    """
    bare = caffe_pb2.NetParameter()
    bare.CopyFrom(param)
    bare.ClearField("name")
    for layer in bare.layer:
        if layer.type == "Data":
            crop = layer.transform_param.crop_size
            size = (crop, crop) if crop else image[1:]
            replace_data_by_input(layer, (layer.data_param.batch_size, image[0], *size))
        _drop_fillers(layer)
    return _set_up(str(bare), phase)


def _drop_fillers(layer: caffe_pb2.LayerParameter) -> None:
    for _, value in layer.ListFields():
        if isinstance(value, Message):
            for field, part in value.ListFields():
                if isinstance(part, caffe_pb2.FillerParameter):
                    value.ClearField(field.name)


@lru_cache(maxsize=256)
def _set_up(text: str, phase: int) -> NetShapes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "net.prototxt"
        file.write_text(text, encoding="utf-8")
        caffe.set_mode_cpu()
        try:
            net = caffe.Net(str(file), phase)
        except CaffeError as error:
            raise CannotSetUpError(str(error)) from None
    return NetShapes(
        blobs={name: tuple(blob.shape) for name, blob in net.blobs.items()},
        params={name: tuple(tuple(blob.shape) for blob in blobs) for name, blobs in net.params.items()},
        loss_weights={name: weight for name, weight in net.blob_loss_weights.items() if weight},
    )
