"""Counts what a net stores and multiplies, from its prototxt."""

import tempfile
from math import prod
from pathlib import Path

import torchcaffe as caffe
from layerhint.errors import LayerhintError
from layerhint.records.cost import Cost, LayerCost
from torchcaffe.errors import CaffeError
from torchcaffe.net_state import filter_net
from torchcaffe.proto.caffe_pb2 import LayerParameter, NetParameter
from torchcaffe.proto.text import read_net
from torchcaffe.pycaffe.net import Net

Shape = tuple[int, ...]

_COUNTED = frozenset(("Convolution", "Deconvolution", "InnerProduct"))
"""The layer types whose products `_uses` counts."""
_FREE = frozenset(("BatchNorm", "Bias", "Embed", "PReLU", "Parameter", "Scale"))
"""Layer types with params whose products are left out on purpose."""


def count_cost(model: Path, name: str | None = None) -> Cost:
    """The cost of a net, without its latency; `name`, if given, replaces the prototxt's own name.

    - Multiply-adds for one image, of convolutions and fully connected layers, as He et al. 2015 count them: each
      weight of a Convolution once a position of its top, each of a Deconvolution once a position of its bottom,
      each of an InnerProduct once a row. Biases, BatchNorm, Scale, pooling and sums are not counted, nor are the
      products of types that this module does not know (see `uncounted`).
    - Parameters: all numbers in the layers' blobs but the statistics of BatchNorm, and but constants.
    - A constant is a layer whose weights have lr_mult 0 and a constant filler, such as the subsampling of the
      zero-padded shortcut, which only picks pixels: it has no parameters and no multiply-adds.
    - A param that several layers share, by its name, counts once.
    - The caffemodel's bytes are those of a file with this net alone. A student's file from KD training is larger, as
      it also holds the teacher.

    Raises LayerhintError for a prototxt that is missing or is not a net.
    """
    try:
        net = Net(str(model), caffe.TEST)
        param = read_net(model)
    except CaffeError as error:
        raise LayerhintError(str(error)) from None
    param.state.phase = caffe.TEST
    layers = _layers(net, filter_net(param))
    return Cost(
        name=name or net.name or model.stem,
        parameters=sum(layer.parameters for layer in layers),
        stored=sum(layer.stored for layer in layers),
        multiply_adds=sum(layer.multiply_adds for layer in layers),
        caffemodel_bytes=_caffemodel_bytes(net),
        layers=layers,
        latency=None,
    )


def uncounted(cost: Cost) -> tuple[str, ...]:
    """The net's layer types with params of which this module does not know how they multiply."""
    return tuple(sorted({layer.type for layer in cost.layers} - _FREE - _COUNTED))


def _layers(net: Net, param: NetParameter) -> tuple[LayerCost, ...]:
    shared: set[str] = set()
    costs = []
    for layer in param.layer:
        if layer.name not in net.params:
            continue
        names = [spec.name for spec in layer.param]
        sizes = [blob.count for blob in net.params[layer.name]]
        stored = sum(size for i, size in enumerate(sizes) if i >= len(names) or names[i] not in shared)
        shared.update(filter(None, names))
        fixed = layer.type == "BatchNorm" or _is_constant(layer)
        costs.append(
            LayerCost(
                name=layer.name,
                type=layer.type,
                shape=net.blobs[layer.top[0]].shape[1:],
                parameters=0 if fixed else stored,
                stored=stored,
                multiply_adds=0 if fixed else len(layer.top) * sizes[0] * _uses(net, layer),
            )
        )
    return tuple(costs)


def _uses(net: Net, layer: LayerParameter) -> int:
    """How many times each weight is multiplied, for one image and one top."""
    top = net.blobs[layer.top[0]].shape
    match layer.type:
        case "Convolution":
            return prod(_positions(layer, top))
        case "Deconvolution":
            return prod(_positions(layer, net.blobs[layer.bottom[0]].shape))
        case "InnerProduct":
            return prod(top[1:-1])
        case _:
            return 0


def _positions(layer: LayerParameter, shape: Shape) -> Shape:
    """The sizes of the axes after the images, the channels left out."""
    axis = layer.convolution_param.axis % len(shape)
    return shape[1:axis] + shape[axis + 1 :]


def _is_constant(layer: LayerParameter) -> bool:
    """Whether the weights are what a constant filler makes them, and stay so."""
    filler = layer.convolution_param.weight_filler
    constant = filler.HasField("type") and filler.type == "constant"
    return constant and bool(layer.param) and layer.param[0].lr_mult == 0


def _caffemodel_bytes(net: Net) -> int:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "net.caffemodel"
        net.save(file)
        return file.stat().st_size
