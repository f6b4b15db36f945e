"""Recognizes neighbouring layers of a net that one operation can replace."""

from collections.abc import Sequence

from torchcaffe.layer_types.batch_norm import BatchNormLayer
from torchcaffe.layer_types.eltwise import EltwiseLayer
from torchcaffe.layer_types.relu import ReLULayer
from torchcaffe.layer_types.scale import ScaleLayer
from torchcaffe.layer_types.split import SplitLayer
from torchcaffe.node import Node
from torchcaffe.proto.caffe_pb2 import EltwiseParameter


def in_place_chain(nodes: Sequence[Node], position: int) -> list[Node]:
    """A node, and the nodes right after it that work in place on its only top."""
    chain = [nodes[position]]
    for node in nodes[position + 1 :]:
        if len(chain[0].top_ids) != 1 or node.bottom_ids != chain[0].top_ids or node.top_ids != chain[0].top_ids:
            break
        chain.append(node)
    return chain


def reader(nodes: Sequence[Node], position: int) -> int | None:
    """The position of the node that reads the only top of the one at `position`, or None."""
    (top,) = nodes[position].top_ids
    return next((i for i in range(position + 1, len(nodes)) if top in nodes[i].bottom_ids), None)


def affine_norm(chain: Sequence[Node], global_stats: bool) -> list[Node]:
    """The BatchNorm, Scale by channel and (if any) ReLU that an in-place chain starts with; or nothing."""
    if len(chain) < 2 or chain[0].bottom_ids != chain[0].top_ids:
        return []
    norm, scale = chain[0].layer, chain[1].layer
    if not isinstance(norm, BatchNormLayer) or norm.use_global_stats != global_stats:
        return []
    if not isinstance(scale, ScaleLayer) or not _scales_channels(scale, norm.channels):
        return []
    return list(chain[:3] if len(chain) > 2 and is_relu(chain[2]) else chain[:2])


def _scales_channels(scale: ScaleLayer, channels: int) -> bool:
    """Whether a Scale on (N, C, H, W) scales by channel, and not along another axis of the same size."""
    by_one_axis = bool(scale.blobs) and scale.blobs[0].shape == (channels,)
    return by_one_axis and scale.spread == (1, channels, 1, 1)


def is_relu(node: Node) -> bool:
    """Whether a node is a ReLU without negative slope."""
    return isinstance(node.layer, ReLULayer) and node.layer.param.relu_param.negative_slope == 0


def is_sum(node: Node) -> bool:
    """Whether a node is an Eltwise that adds its bottoms, with all coefficients 1."""
    layer = node.layer
    if not isinstance(layer, EltwiseLayer) or layer.operation != EltwiseParameter.SUM:
        return False
    return all(coeff == 1 for coeff in layer.coeff)


def is_split(node: Node) -> bool:
    return isinstance(node.layer, SplitLayer)


def can_be_one(nodes: Sequence[Node]) -> bool:
    """Whether all or none of the nodes run backward, and none is a loss."""
    return len({node.need_backward for node in nodes}) == 1 and not any(map(is_loss, nodes))


def is_loss(node: Node) -> bool:
    """Whether a top of the node has a weight in the net's loss."""
    return any(node.layer.loss_weights)
