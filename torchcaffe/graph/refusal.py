"""Says why a net's work cannot be recorded."""

from collections.abc import Sequence

from torchcaffe.fast.op import Op, PlainOp
from torchcaffe.layer_types.dummy_data import DummyDataLayer
from torchcaffe.layer_types.layer import Layer
from torchcaffe.net import Net

_ALWAYS = {
    "Data": "its images are of several sizes",
    "Filter": "the number of items that it lets through changes",
    "HDF5Data": "it reads a file",
    "HDF5Output": "it writes a file",
    "ImageData": "it reads files",
    "Input": "its data comes from outside",
    "MemoryData": "its data comes from outside",
    "Parameter": "its top is a param, which the log shows before the update",
    "Python": "it runs Python",
}


def why_not_recorded(net: Net, ops: Sequence[Op]) -> str | None:
    """What in a net with these operations needs the CPU in every pass, in words; None if nothing does."""
    for op in ops:
        reason = _reason(op.layer) if isinstance(op, PlainOp) else None
        if reason is not None:
            (node,) = op.nodes
            return f"layer '{node.layer.name}' ({node.layer.param.type}): {reason}"
    if net.is_watched:
        return "somebody watches its layers (debug_info, for one)"
    return None


def _reason(layer: Layer) -> str | None:
    if layer.param.type == "Dropout" and layer.train:
        return "it draws random numbers on the CPU"
    if isinstance(layer, DummyDataLayer) and any(filler.type != "constant" for filler in layer.fillers):
        return "it draws random numbers on the CPU"
    if layer.param.type == "Data" and any(layer.loss_weights):
        return "its data have a weight in the loss"
    return _ALWAYS.get(layer.param.type)
