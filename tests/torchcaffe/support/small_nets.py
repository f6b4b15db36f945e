"""Small nets, put together from lines of prototxt."""

import torch

from torchcaffe.net import Net
from torchcaffe.proto.caffe_pb2 import TRAIN
from torchcaffe.proto.text import parse_net

INPUT = 'layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }'


def build(text, phase=TRAIN, level=0, stages=(), dtype=torch.float64):
    param = parse_net(text)
    param.state.phase = phase
    param.state.level = level
    param.state.stage.extend(stages)
    return Net(param, device=torch.device("cpu"), dtype=dtype)


def fc(name, bottom, more="", num_output=3):
    return (
        f'layer {{ name: "{name}" type: "InnerProduct" bottom: "{bottom}" top: "{name}" {more} '
        f'inner_product_param {{ num_output: {num_output} bias_term: false weight_filler {{ type: "gaussian" }} }} }}'
    )


def total(bottom, weight=None, name=None):
    """Sums a blob up, as a loss if there is a weight."""
    name = name or f"{bottom}_sum"
    loss = "" if weight is None else f"loss_weight: {weight}"
    return f'layer {{ name: "{name}" type: "Reduction" bottom: "{bottom}" top: "{name}" {loss} }}'


def power(name, bottom, scale=1):
    param = f"power_param {{ scale: {scale} }}"
    return f'layer {{ name: "{name}" type: "Power" bottom: "{bottom}" top: "{name}" {param} }}'


def needs(net):
    """The layers that run backward, and for each which bottoms get a gradient."""
    return {node.layer.name: node.bottom_need_backward for node in net.nodes if node.need_backward}
