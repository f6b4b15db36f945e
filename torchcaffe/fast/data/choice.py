"""Whether a Data layer's images can be on the device, and how."""

from typing import TYPE_CHECKING

from torchcaffe.fast.data.device_data import DeviceData
from torchcaffe.fast.data.records import UnequalImagesError, load_records
from torchcaffe.fast.data.sources import Resident, Streamed
from torchcaffe.layers.data import DataLayer
from torchcaffe.node import Node

if TYPE_CHECKING:
    from torchcaffe.net import Net


def data_on_device(net: "Net", node: Node) -> DeviceData | None:
    """A Data layer with its whole database on the net's device or, where that is too large, its batches.

    None for another layer, and for images of several sizes.
    """
    layer = node.layer
    if not isinstance(layer, DataLayer):
        return None
    try:
        records = load_records(layer.reader, net.place.device)
    except UnequalImagesError:
        return None
    return DeviceData(net, node, Streamed(layer, net.place.device) if records is None else Resident(layer, records))
