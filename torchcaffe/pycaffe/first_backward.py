"""Backward of layers that have not run forward."""

from torchcaffe.blob import Blob
from torchcaffe.net import Net
from torchcaffe.node import Node
from torchcaffe.pycaffe.python_layer import PythonLayer


def run_aside(net: Net, start: int, end: int) -> None:
    """Makes layers `start` down to `end` ready for backward: those that need it and have never run forward do so.

    They run on their bottoms as they are and leave no other trace: tops, params and the generator keep their values.
    So backward gives the gradient at the present bottoms. Caffe's layers read those in backward themselves; what they
    have kept from forward (the place of a maximum, say) is whatever the memory holds there. A Python layer is left
    alone: its class knows what it has.
    """
    for node in net.nodes[end : start + 1]:
        if node.need_backward and not (node.layer.has_run or isinstance(node.layer, PythonLayer)):
            _run_aside(net, node)


def forget_forward(net: Net) -> None:
    """What the layers have kept no longer fits: their blobs have other shapes."""
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
