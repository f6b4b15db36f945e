"""Lets layers run backward that have not run forward."""

from torchcaffe.blob import Blob
from torchcaffe.net import Net
from torchcaffe.node import Node
from torchcaffe.pycaffe.python_layer import PythonLayer


def run_aside(net: Net, start: int, end: int) -> None:
    """Prepares layers `start` down to `end` for backward: those that need it and have not run forward do so now.

    They run on their present bottoms, without other effects: tops, params and the generator keep their values. So
    backward gives the gradient at the present bottoms. In Caffe, backward itself reads the bottoms, but what a layer
    keeps from forward (the place of a maximum, say) is then uninitialized memory. Python layers are left to their own
    class.
    """
    for node in net.nodes[end : start + 1]:
        if node.need_backward and not (node.layer.has_run or isinstance(node.layer, PythonLayer)):
            _run_aside(net, node)


def forget_forward(net: Net) -> None:
    """Marks all layers as not having run forward, so that what they kept is not used."""
    for layer in net.layers:
        layer.has_run = False


def _run_aside(net: Net, node: Node) -> None:
    layer, place = node.layer, net.place
    tops = [Blob(net.blobs[i].shape, place.device, place.dtype) for i in node.top_ids]
    values, random = [blob.data.clone() for blob in layer.blobs], place.rng.state
    layer.run_forward([net.blobs[i] for i in node.bottom_ids], tops)
    for blob, value in zip(layer.blobs, values, strict=True):
        blob.data.copy_(value)  # BatchNorm's statistics.
    place.rng.state = random
