"""From a net's layers to operations: which neighbours can be fused."""

from typing import TYPE_CHECKING

from torchcaffe.fast.batch_norm_scale_relu import BatchNormScaleReLU
from torchcaffe.fast.convolution import ChannelsLastConvolution
from torchcaffe.fast.folded_convolution import FoldedConvolution
from torchcaffe.fast.op import Op, PlainOp
from torchcaffe.fast.program import Program
from torchcaffe.fast.subsample import Subsample
from torchcaffe.fast.sum_relu import SumReLU
from torchcaffe.layers.batch_norm import BatchNormLayer
from torchcaffe.layers.convolution import ConvolutionLayer
from torchcaffe.layers.eltwise import EltwiseLayer
from torchcaffe.layers.relu import ReLULayer
from torchcaffe.layers.scale import ScaleLayer
from torchcaffe.node import Node
from torchcaffe.proto.caffe_pb2 import EltwiseParameter

if TYPE_CHECKING:
    from torchcaffe.net import Net


def compile_net(net: "Net", backward: bool = True) -> Program:
    """A program that does what the net does.

    Layers are fused only where each works in place on the blob of the one before it, so every blob that has a
    name still shows, after a forward pass, what it shows in the plain net.

    Args:
        net: a built net, on any device, in float32 or float64.
        backward: False for a net that only ever runs forward (a test): then BatchNorm that uses its running
            statistics is folded away even where its neighbours could learn.
    """
    ops: list[Op] = []
    position = 0
    while position < len(net.nodes):
        op = _next_op(net, position, backward)
        if not backward:
            op.needs_backward = False
        ops.append(op)
        position += len(op.nodes)
    return Program(ops, net.place.device, net.place.dtype)


def _next_op(net: "Net", position: int, backward: bool) -> Op:
    node = net.nodes[position]
    chain = _chain(net.nodes, position)
    layer = node.layer
    if isinstance(layer, ConvolutionLayer) and len(layer.geometry.kernel) == 2 and layer.geometry.channel_axis == 1:
        if Subsample.fits(node):
            return Subsample(net, node)
        folded = _norm_chain(chain[1:], global_stats=True)
        learns = backward and any(n.need_backward for n in [node, *folded])
        if len(node.bottom_ids) == 1 and folded and not learns:
            return FoldedConvolution(net, [node, *folded])
        return ChannelsLastConvolution(net, node)
    if isinstance(layer, BatchNormLayer) and len(net.blobs[node.bottom_ids[0]].shape) == 4:
        fused = _norm_chain(chain, global_stats=False)
        if fused:
            return BatchNormScaleReLU(net, fused)
    if isinstance(layer, EltwiseLayer) and len(chain) > 1 and _is_relu(chain[1]) and _is_sum(layer):
        return SumReLU(net, chain[:2])
    return PlainOp(net, node)


def _chain(nodes: list[Node], position: int) -> list[Node]:
    """A node and those right after it that work in place on its only top."""
    chain = [nodes[position]]
    for node in nodes[position + 1 :]:
        if len(chain[0].top_ids) != 1 or node.bottom_ids != chain[0].top_ids or node.top_ids != chain[0].top_ids:
            break
        chain.append(node)
    return chain


def _norm_chain(chain: list[Node], global_stats: bool) -> list[Node]:
    """The BatchNorm, Scale and ReLU (if it is there) that a chain begins with, or nothing."""
    if len(chain) < 2:
        return []
    norm, scale = chain[0].layer, chain[1].layer
    if not isinstance(norm, BatchNormLayer) or norm.use_global_stats != global_stats:
        return []
    by_channel = isinstance(scale, ScaleLayer) and len(scale.blobs) == (2 if scale.param.scale_param.bias_term else 1)
    if not by_channel or scale.blobs[0].shape != (norm.channels,) or chain[1].bottom_ids != chain[0].top_ids:
        return []
    if chain[0].bottom_ids != chain[0].top_ids:
        return []
    return chain[:3] if len(chain) > 2 and _is_relu(chain[2]) else chain[:2]


def _is_relu(node: Node) -> bool:
    return isinstance(node.layer, ReLULayer) and node.layer.param.relu_param.negative_slope == 0


def _is_sum(layer: EltwiseLayer) -> bool:
    return layer.operation == EltwiseParameter.SUM and all(coeff == 1 for coeff in layer.coeff)
