"""Chooses where, and by what, a Data layer's images are cropped and mirrored."""

from typing import TYPE_CHECKING

import torch

from torchcaffe.fast import kernels
from torchcaffe.fast.data.compiled_data import CompiledData
from torchcaffe.fast.data.device_data import DeviceData
from torchcaffe.fast.data.records import UnequalImagesError, load_records
from torchcaffe.fast.data.sources import Resident, Streamed
from torchcaffe.fast.op import Op
from torchcaffe.fast.patterns import is_loss
from torchcaffe.layer_types.data import DataLayer
from torchcaffe.node import Node

if TYPE_CHECKING:
    from torchcaffe.net import Net


def choose_data(net: "Net", node: Node, on_device: bool) -> Op | None:
    """The operation for a Data layer: with its images on the net's device, if `on_device` and possible, or by a kernel.

    None for another layer, and for a Data layer that should run as it is.
    """
    if not isinstance(node.layer, DataLayer) or is_loss(node):
        return None
    return _on_device(net, node, node.layer) if on_device else _compiled(net, node)


def _on_device(net: "Net", node: Node, layer: DataLayer) -> DeviceData | None:
    """With the whole database on the device or, if too large, batch by batch. None for images of several sizes."""
    try:
        records = load_records(layer.reader, net.place.device)
    except UnequalImagesError:
        return None
    return DeviceData(net, node, Streamed(layer, net.place.device) if records is None else Resident(layer, records))


def _compiled(net: "Net", node: Node) -> CompiledData | None:
    if net.place.device.type != "cpu" or net.place.dtype != torch.float32:
        return None
    library = kernels.library()
    return None if library is None else CompiledData(net, node, library)
