"""Inputs that several readers share: a small net, and the words of Caffe's schema."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from google.protobuf.message import Message

from torchcaffe.layer_types import LAYERS, layer_class
from torchcaffe.net import Net
from torchcaffe.proto import caffe_pb2
from torchcaffe.proto.text import parse_net

NET = """
name: "small"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 3 dim: 5 dim: 7 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" param { lr_mult: 1 } param { lr_mult: 2 }
  convolution_param { num_output: 4 kernel_h: 3 kernel_w: 2 weight_filler { type: "xavier" } } }
layer { name: "bn" type: "BatchNorm" bottom: "conv" top: "conv" }
layer { name: "a/ip" type: "InnerProduct" bottom: "conv" top: "ip" inner_product_param { num_output: 6 } }
layer { name: "loss" type: "Reduction" bottom: "ip" top: "loss" loss_weight: 1 }
"""

OLD_NETS = (
    'name: "v1" input: "data" input_dim: 2 input_dim: 3 input_dim: 5 input_dim: 7\n'
    'layers { name: "conv" type: CONVOLUTION bottom: "data" top: "conv" blobs_lr: 1 blobs_lr: 2 weight_decay: 1\n'
    "  convolution_param { num_output: 4 kernel_size: 3 } }\n"
    'layers { name: "r" type: RELU bottom: "conv" top: "conv" }\n',
    'name: "v0" input: "data" input_dim: 2 input_dim: 3 input_dim: 5 input_dim: 7\n'
    'layers { layer { name: "p" type: "padding" pad: 1 } bottom: "data" top: "pad" }\n'
    'layers { layer { name: "c" type: "conv" num_output: 4 kernelsize: 3 } bottom: "pad" top: "conv" }\n',
)


_INPUTS = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 2 dim: 3 dim: 5 dim: 7 } } }
layer { name: "label" type: "Input" top: "label" input_param { shape { dim: 2 } } }
layer { name: "more" type: "Input" top: "more" input_param { shape { dim: 2 dim: 3 dim: 5 dim: 7 } } }
"""
_ONES = {"num_output": 4, "batch_size": 2, "kernel_size": 2, "channels": 3, "height": 5, "width": 7, "input_dim": 4}


def small_net() -> Net:
    """The net of `NET`, with numbers drawn into its params."""
    net = Net(parse_net(NET))
    draw = np.random.default_rng(3)
    for layer in net.layers:
        for blob in layer.blobs:
            blob.data.copy_(blob.data.new_tensor(draw.normal(size=blob.shape)))
    return net


def schema_words(*roots: type[Message]) -> Iterator[str]:
    """The names of fields and enum values below these messages, and the types of layers."""
    yield from LAYERS
    seen: set[str] = set()
    todo: list[Any] = [root.DESCRIPTOR for root in roots]
    while todo:
        message = todo.pop()
        if message.full_name in seen:
            continue
        seen.add(message.full_name)
        for field in message.fields:
            yield field.name
            if field.message_type is not None:
                todo.append(field.message_type)
            for value in field.enum_type.values if field.enum_type is not None else ():
                yield value.name


def layer_samples() -> Iterator[str]:
    """A net with one layer of each type, with the simple fields of its parameters at their defaults."""
    for name in LAYERS:
        cls = layer_class(name)
        count = cls.exact_bottoms if cls.exact_bottoms is not None else cls.min_bottoms
        layer = caffe_pb2.LayerParameter(name="it", type=name, bottom=["data", "label", "more"][:count], top=["it"])
        for field in layer.DESCRIPTOR.fields:
            if field.name.removesuffix("_param").replace("_", "") == name.lower().replace("_", ""):
                getattr(layer, field.name).SetInParent()
                _fill(getattr(layer, field.name))
        yield _INPUTS + str(caffe_pb2.NetParameter(layer=[layer]))


def _fill(message: Message) -> None:
    """Sets each number or text to its default, or if that is 0 to its value in `_ONES`; skips `kernel_h` and such."""
    for field in message.DESCRIPTOR.fields:
        simple = field.message_type is None and not isinstance(field.default_value, list)
        if simple and not field.name.endswith(("_h", "_w")):
            setattr(message, field.name, field.default_value or _ONES.get(field.name, field.default_value))
