"""From a net's layers to operations: which of them can be fused."""

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

import torch

from torchcaffe import mode
from torchcaffe.blob import Blob
from torchcaffe.fast.batch_norm.fused import BatchNormScaleReLU
from torchcaffe.fast.convolution.folded import FoldedConvolution
from torchcaffe.fast.convolution.one_layer import Convolution
from torchcaffe.fast.data.choice import choose_data
from torchcaffe.fast.global_average import GlobalAverage
from torchcaffe.fast.op import Op, PlainOp
from torchcaffe.fast.patterns import (
    affine_norm,
    can_be_one,
    in_place_chain,
    is_loss,
    is_relu,
    is_split,
    is_sum,
    reader,
)
from torchcaffe.fast.program import Program
from torchcaffe.fast.softmax_log import SoftmaxLog
from torchcaffe.fast.softmax_loss import SoftmaxLoss
from torchcaffe.fast.split import Split
from torchcaffe.fast.sum_relu import SumReLU
from torchcaffe.fast.zero_padded_shortcut import ZeroPaddedShortcut, zero_padded_shortcut
from torchcaffe.node import Node
from torchcaffe.precision import Precision

if TYPE_CHECKING:
    from torchcaffe.net import Net


def compile_net(net: "Net", backward: bool = True, on_device: bool | None = None) -> Program:
    """A program that does what the net does, as exactly as `mode.precision` says.

    After a forward pass every blob that has a name shows what it shows in the plain net.

    Args:
        net: a built net, on any device, in float32 or float64.
        backward: False for a net that only ever runs forward (a test): then BatchNorm that uses its running
            statistics is folded away even where its neighbours could learn.
        on_device: whether data sets are kept on the net's device, and cropped and mirrored there; by default on a GPU.
    """
    bf16 = mode.precision() is Precision.BF16
    ops = _Compiler(net, backward, bf16, net.place.device.type == "cuda" if on_device is None else on_device).ops()
    for i, op in enumerate(ops):
        _say_who_reads(op, ops[i + 1 :])
        op.needs_backward &= backward
    return Program(ops, net.place.device, net.place.dtype, bf16)


class _Compiler:
    """Walks through the nodes. Those that end in a BatchNorm that an Eltwise adds to something wait for its turn."""

    def __init__(self, net: "Net", backward: bool, bf16: bool, on_device: bool) -> None:
        self._net, self._nodes, self._backward = net, net.nodes, backward
        self._bf16, self._on_device = bf16, on_device
        self._factors = torch.bfloat16 if bf16 else net.place.dtype
        self._waiting: dict[int, list[Node]] = {}  # The nodes of what waits, by the position of the Eltwise.

    def ops(self) -> list[Op]:
        ops: list[Op] = []
        position = 0
        while position < len(self._nodes):
            waiting = self._waiting.pop(position, [])
            made = self._sum(position, waiting) if waiting else self._next(position)
            if isinstance(made, Op):
                ops.append(made)
                position += len(made.nodes) - len(waiting)
            else:
                position += len(made)
        return ops

    def _next(self, position: int) -> Op | list[Node]:
        """The operation that begins with a node; nodes that have to wait, where it ends in a sum."""
        node, chain = self._nodes[position], in_place_chain(self._nodes, position)
        shortcut = zero_padded_shortcut(self._nodes[position : position + 4])
        if shortcut and can_be_one(shortcut):
            return ZeroPaddedShortcut(self._net, shortcut)
        if Convolution.fits(node):
            folded = affine_norm(chain[1:], global_stats=True)
            learns = self._backward and any(n.need_backward for n in [node, *folded])
            if folded and not learns and not any(map(is_loss, folded)):
                nodes = [node, *folded]
                return nodes if self._waits(position, nodes) else FoldedConvolution(self._net, nodes, self._factors)
            return Convolution(self._net, node, self._factors)
        norm = affine_norm(chain, global_stats=False)
        if norm and can_be_one(norm) and len(self._blob(node).shape) == 4:
            if norm == chain and self._waits(position, norm):
                return norm
            return BatchNormScaleReLU(self._net, self._with_split(position, norm), self._bf16)
        if is_sum(node) and len(chain) > 1 and is_relu(chain[1]) and can_be_one(chain[:2]):
            return SumReLU(self._net, chain[:2])
        if GlobalAverage.fits(node):
            return GlobalAverage(self._net, node)
        softmax = self._nodes[position : position + 2]
        if SoftmaxLog.fits(softmax) and can_be_one(softmax):
            return SoftmaxLog(self._net, softmax)
        if SoftmaxLoss.fits(node):
            return SoftmaxLoss(self._net, node)
        if is_split(node) and can_be_one([node]):
            return Split(self._net, [node])
        return choose_data(self._net, node, self._on_device) or PlainOp(self._net, node)

    def _waits(self, position: int, nodes: Sequence[Node]) -> bool:
        """Has nodes that end in BatchNorm and Scale wait for an Eltwise that adds to them, if there is one."""
        target = reader(self._nodes, position + len(nodes) - 1)
        if is_relu(nodes[-1]) or target is None or target in self._waiting:
            return False
        eltwise = self._nodes[target]
        if not is_sum(eltwise) or len(set(eltwise.bottom_ids)) != 2 or not can_be_one([*nodes, eltwise]):
            return False
        self._waiting[target] = list(nodes)
        return True

    def _sum(self, position: int, waiting: Sequence[Node]) -> Op:
        chain = in_place_chain(self._nodes, position)
        ends = chain[:2] if len(chain) > 1 and is_relu(chain[1]) and can_be_one(chain[:2]) else chain[:1]
        nodes = [*waiting, *self._with_split(position, ends)]
        if Convolution.fits(waiting[0]):
            return FoldedConvolution(self._net, nodes, self._factors)
        return BatchNormScaleReLU(self._net, nodes, self._bf16)

    def _with_split(self, position: int, nodes: Sequence[Node]) -> list[Node]:
        """Nodes in a row from a position on, and the Split that comes after them, if one does."""
        for after in islice(self._nodes, position + len(nodes), position + len(nodes) + 1):
            if is_split(after) and after.bottom_ids == nodes[-1].top_ids and can_be_one([nodes[-1], after]):
                return [*nodes, after]
        return list(nodes)

    def _blob(self, node: Node) -> Blob:
        return self._net.blobs[node.bottom_ids[0]]


def _say_who_reads(op: Op, later: Sequence[Op]) -> None:
    """Tells an operation which of its tops get a gradient, and whether it may overwrite that of the first one."""
    givers: list[tuple[bool, Blob]] = []
    for top in op.tops:
        for other in later:
            index = next((j for j, bottom in enumerate(other.bottoms) if bottom is top), None)
            if index is None:
                continue
            if other.needs_backward and other.propagate_down[index]:
                givers.append((other.makes_own_diffs, top))
            break
    givers.sort(key=lambda giver: not giver[0])
    op.givers = [top for _, top in givers] or op.tops
    op.may_overwrite = bool(givers) and givers[0][0]
