"""The least work of a training iteration, which its time cannot go below: arithmetic, and bytes moved."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path

import torchcaffe as caffe
from layerhint.cost.count import count_cost
from torchcaffe.net_state import filter_net
from torchcaffe.proto.caffe_pb2 import LayerParameter, NetParameter
from torchcaffe.proto.text import read_net
from torchcaffe.pycaffe.net import Net

_FLOAT = 4
ARITHMETIC = (
    "2 x the multiply-adds of convolutions and fully connected layers x the images of a batch: once forward, once for "
    "the gradient of weights that learn, once for the gradient of a bottom that leads to weights that learn"
)
BYTES = (
    "4 x (numbers of each blob x (2, or 5 where its gradient is needed) + numbers of each param x (1, or 7 where it "
    "learns)), and the stored images of a batch. A blob, with all that works on it in place, is written once and read "
    "once; backward it is read again, and its gradient is written and read. A param is read; one that learns is read "
    "again, its gradient and its history are written and read, and it is written"
)


@dataclass(frozen=True)
class Work:
    """The work of one training iteration: floating-point operations, two for a multiply-add, and bytes moved."""

    flops: int
    bytes: int


def count_work(net_file: Path, image_bytes: int) -> Work:
    """The least work of one iteration of a train net; `image_bytes` is the size of a stored image.

    `ARITHMETIC` and `BYTES` are the formulas in words. Raises LayerhintError for a file that is no net.
    """
    cost = count_cost(net_file)
    param = read_net(net_file)
    param.state.phase = caffe.TRAIN
    param = filter_net(param)
    net = Net(str(net_file), caffe.TRAIN)
    needed = blobs_with_gradient(param, {name: len(blobs) for name, blobs in net.params.items()})
    multiply_adds = {layer.name: layer.multiply_adds for layer in cost.layers}
    batch = _batch(param)
    flops = 2 * batch * sum(multiply_adds.get(la.name, 0) * passes(la, needed) for la in param.layer)
    shapes = {top: net.blobs[top].shape for layer in param.layer for top in layer.top}
    blobs = sum(prod(shape) * (5 if name in needed else 2) for name, shape in shapes.items())
    params = sum(
        prod(blob.shape) * (7 if learns(layer, i) else 1)
        for layer in param.layer
        if layer.name in net.params
        for i, blob in enumerate(net.params[layer.name])
    )
    return Work(flops, _FLOAT * (blobs + params) + batch * image_bytes)


def learns(layer: LayerParameter, index: int) -> bool:
    """Whether the solver changes this param of a layer."""
    return index >= len(layer.param) or layer.param[index].lr_mult != 0


def passes(layer: LayerParameter, needed: Collection[str]) -> int:
    """How often an iteration does a layer's multiply-adds: 1, 2 or 3 times."""
    return 1 + learns(layer, 0) + any(bottom in needed for bottom in layer.bottom)


def blobs_with_gradient(net: NetParameter, params: Mapping[str, int]) -> set[str]:
    """The names of the blobs that depend on a learned param; `params` is each layer's number of params."""
    needed: set[str] = set()
    for layer in net.layer:
        own = any(learns(layer, i) for i in range(params.get(layer.name, 0)))
        if own or any(bottom in needed for bottom in layer.bottom):
            needed.update(layer.top)
    return needed


def _batch(net: NetParameter) -> int:
    return next(layer.data_param.batch_size for layer in net.layer if layer.type == "Data")
