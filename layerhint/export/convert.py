"""A Caffe net as an ONNX model."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from onnx import ModelProto, TensorProto, checker, helper, shape_inference

import torchcaffe as caffe
from layerhint.errors import LayerhintError
from layerhint.export.converters import CONVERTERS
from layerhint.export.graph import Graph
from layerhint.export.layer import Layer
from layerhint.export.preparation import Preparation
from layerhint.surgery.held import check_same_net, held_layers
from torchcaffe.net_state import filter_net
from torchcaffe.proto.binary import read_caffemodel
from torchcaffe.proto.caffe_pb2 import LayerParameter, NetParameter
from torchcaffe.proto.text import read_net
from torchcaffe.pycaffe.net import Net

# Of 2022: it has every operator that is needed here, and older runtimes read such files too.
OPSET = 17
IR_VERSION = 8
BATCH = "batch"

# The batch size with which shapes are found: with 1, a layer that mixes images would go unnoticed.
_BATCH_SIZE = 2
_OF_TRAINING = ("Data", "ImageData", "HDF5Data", "MemoryData", "DummyData", "Accuracy")


@dataclass(frozen=True)
class Deployed:
    """A deploy net: its definition, the net built from it, its one input, its outputs, and the blob with its scores.

    The scores are the logits that the last Softmax reads; without a Softmax, the first output.
    """

    param: NetParameter
    net: Net
    input: str
    outputs: tuple[str, ...]
    scores: str

    @property
    def image_shape(self) -> tuple[int, ...]:
        """The shape of one image, (C, H, W)."""
        return self.net.blobs[self.input].shape[1:]

    @property
    def layers(self) -> tuple[LayerParameter, ...]:
        """The layers that compute something, in running order."""
        return tuple(layer for layer in self.param.layer if layer.type != "Input")

    @property
    def overwrites_input(self) -> bool:
        """Whether a layer works in place on the blob of the input."""
        return any(self.input in layer.top for layer in self.layers)


def read_deployed(model: Path, weights: Path) -> Deployed:
    """Reads a deploy net with its weights.

    Raises:
        LayerhintError: a layer that cannot be converted, several inputs, or weights that lack a layer of the net, or
            have layers in between those that it takes.
        CaffeError: a file that is absent or damaged, a net that cannot be built, weights of another shape.
    """
    param = read_net(model)
    param.state.phase = caffe.TEST
    param = filter_net(param)
    for layer in param.layer:
        _check_known(layer, model)
    net = Net(str(model), caffe.TEST)
    _load(net, weights, model)
    inputs = net.inputs
    if len(inputs) != 1:
        raise LayerhintError(f"{model} has {len(inputs)} inputs ({', '.join(inputs)}): a net of one input is exported")
    data = net.blobs[inputs[0]]
    data.reshape(_BATCH_SIZE, *data.shape[1:])
    net.reshape()
    return Deployed(param, net, inputs[0], tuple(net.outputs), _scores(param, net.outputs))


def convert(deployed: Deployed, facts: Mapping[str, str], preparation: Preparation | None = None) -> ModelProto:
    """The net as an ONNX model, checked, with every value's shape.

    Its outputs are the net's own and the scores, both by their blobs' names; axis 0 of each is the batch, of any
    size. Its input is the net's, float32; or, given a preparation, `image`: uint8, 0 to 255, as in the LMDB, which
    the graph's first nodes turn into the net's input. Layers may work in place on the input's blob.

    Args:
        facts: the model's metadata.

    Raises LayerhintError for a layer that ONNX cannot express, and for an output that is the input worked on in place.
    """
    graph = Graph({top for layer in deployed.param.layer for top in layer.top})
    shape: list[str | int | None] = [BATCH, *deployed.image_shape]
    if preparation is None:
        entry = helper.make_tensor_value_info(deployed.input, TensorProto.FLOAT, shape)
        graph.values[deployed.input] = deployed.input
    else:
        entry = helper.make_tensor_value_info(graph.fresh("image"), TensorProto.UINT8, shape)
        prepared = graph.fresh(f"{deployed.input}/prepared") if deployed.overwrites_input else deployed.input
        graph.values[deployed.input] = prepared
        preparation.add_to(graph, entry.name, prepared, deployed.input, deployed.image_shape)
    _add_layers(graph, deployed, entry.name)
    exits = []
    for name in dict.fromkeys((*deployed.outputs, deployed.scores)):
        if graph.values[name] != name:
            raise LayerhintError(
                f"the output '{name}' is the input itself, on which layers work in place, and an ONNX file has one "
                "value of a name: give the last of these layers a top of its own"
            )
        sizes: list[str | int | None] = [BATCH, *deployed.net.blobs[name].shape[1:]]
        exits.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, sizes))
    body = helper.make_graph(graph.nodes, deployed.net.name or "net", [entry], exits, graph.constants)
    model = helper.make_model(
        body,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="layerhint",
        producer_version=caffe.torchcaffe_version,
    )
    helper.set_model_props(model, dict(facts))
    checker.check_model(model, full_check=True)
    return shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)


def _add_layers(graph: Graph, deployed: Deployed, entry: str) -> None:
    """Adds the nodes of every layer. A blob's last value has the blob's name, unless that is the graph's `entry`."""
    last = {top: i for i, layer in enumerate(deployed.layers) for top in layer.top}
    net = deployed.net
    for i, param in enumerate(deployed.layers):
        layer = Layer(
            graph,
            param,
            blobs=[np.array(blob.data) for blob in net.layer_dict[param.name].blobs],
            bottom_shapes=[net.blobs[name].shape for name in param.bottom],
            top_shapes=[net.blobs[name].shape for name in param.top],
        )
        tops = CONVERTERS[param.type](layer)
        named = [last[top] == i and top != entry for top in param.top]
        names = [top if own else graph.fresh(f"{param.name}/top") for top, own in zip(param.top, named, strict=True)]
        layer.finish(tops, names)
        graph.values.update(zip(param.top, names, strict=True))


def _check_known(layer: LayerParameter, model: Path) -> None:
    if layer.type == "Input" or layer.type in CONVERTERS:
        return
    of_training = layer.type in _OF_TRAINING or layer.type.endswith("Loss")
    remedy = f"{model} is a net for training or testing; give the deploy net" if of_training else "it has no converter"
    raise LayerhintError(
        f"layer '{layer.name}' ({layer.type}) cannot be exported to ONNX: {remedy}. "
        f"Types with one: {', '.join(sorted(['Input', *CONVERTERS]))}"
    )


def _load(net: Net, weights: Path, model: Path) -> None:
    """Loads every param from the caffemodel.

    Layers that only the caffemodel has are ignored if they are beside those of the net, like a frozen teacher's or a
    regressor. One in between is refused.
    """
    layers = held_layers(read_caffemodel(weights))
    found = {layer.name for layer in layers if layer.params}
    missing = [name for name in net.params if name not in found]
    if missing:
        raise LayerhintError(
            f"{weights} lacks layer '{missing[0]}' ({len(missing)} in all) of {model}: it is of another net"
        )
    check_same_net(layers, net.params, weights, model)
    net.copy_from(weights)


def _scores(param: NetParameter, outputs: list[str]) -> str:
    for layer in reversed(param.layer):
        if layer.type == "Softmax" and layer.top[0] in outputs and layer.bottom[0] != layer.top[0]:
            return layer.bottom[0]
    return outputs[0]
