"""Compiles a net: finds the layers that can be fused, and makes operations of them."""

from collections.abc import Sequence
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
    """A program that computes what the net computes, in the precision of `mode.precision`.

    After a forward pass every named blob has the same values as in the plain net.

    Args:
        net: a built net, on any device, in float32 or float64.
        backward: False for a net that only ever runs forward (a test): then BatchNorm that uses its running
            statistics is folded away even where its neighbours could learn.
        on_device: whether data sets are kept on the net's device, and cropped and mirrored there; by default on a GPU.
    """
    bf16 = mode.precision() is Precision.BF16
    ops = _Compiler(net, backward, bf16, net.place.device.type == "cuda" if on_device is None else on_device).ops()
    for i, op in enumerate(ops):
        _find_givers(op, ops[i + 1 :])
        op.needs_backward &= backward
    return Program(ops, net.place.device, net.place.dtype, bf16)


class _Compiler:
    """Finds the nodes that can be one operation, and makes the operations in order."""

    def __init__(self, net: "Net", backward: bool, bf16: bool, on_device: bool) -> None:
        self._net, self._nodes, self._backward = net, net.nodes, backward
        self._bf16, self._on_device = bf16, on_device
        self._factors = torch.bfloat16 if bf16 else net.place.dtype

    def ops(self) -> list[Op]:
        branches = self._branches()
        ops: list[Op] = []
        done = {
            node for branch in branches.values() for node in branch
        }  # Branches belong to their Eltwise's operation.
        for position, node in enumerate(self._nodes):
            if node not in done:
                ops.append(self._op(position, branches.get(position)))
                done.update(ops[-1].nodes)
        return ops

    def _branches(self) -> dict[int, list[Node]]:
        """By position of an Eltwise, the nodes up to a BatchNorm and Scale whose result it adds to another blob.

        If both of its bottoms come from such nodes, the first ones are fused with it.
        """
        branches: dict[int, list[Node]] = {}
        for position in range(len(self._nodes)):
            nodes = self._folded(position) or self._norm(position)
            if not nodes or is_relu(nodes[-1]):
                continue
            target = reader(self._nodes, position + len(nodes) - 1)
            if target is None or not is_sum(self._nodes[target]) or len(set(self._nodes[target].bottom_ids)) != 2:
                continue
            if can_be_one([*nodes, self._nodes[target]]):
                branches.setdefault(target, nodes)
        return branches

    def _op(self, position: int, branch: Sequence[Node] | None) -> Op:
        """The operation that begins at a node; `branch` are nodes whose result the node, an Eltwise, adds."""
        node, chain = self._nodes[position], in_place_chain(self._nodes, position)
        with_relu = chain[:2] if len(chain) > 1 and is_relu(chain[1]) and can_be_one(chain[:2]) else None
        if branch:
            nodes = [*branch, *self._with_split(position, with_relu or [node])]
            if Convolution.fits(branch[0]):
                return FoldedConvolution(self._net, nodes, self._factors)
            return BatchNormScaleReLU(self._net, nodes, self._bf16)
        shortcut = zero_padded_shortcut(self._nodes[position : position + 4])
        if shortcut and can_be_one(shortcut):
            return ZeroPaddedShortcut(self._net, shortcut)
        if folded := self._folded(position):
            return FoldedConvolution(self._net, folded, self._factors)
        if Convolution.fits(node):
            return Convolution(self._net, node, self._factors)
        if norm := self._norm(position):
            return BatchNormScaleReLU(self._net, self._with_split(position, norm), self._bf16)
        if is_sum(node) and with_relu:
            return SumReLU(self._net, with_relu)
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

    def _folded(self, position: int) -> list[Node]:
        """A convolution with the BatchNorm (running statistics), Scale and ReLU to fold into it; or nothing."""
        node, *after = in_place_chain(self._nodes, position)
        folded = affine_norm(after, global_stats=True) if Convolution.fits(node) else []
        learns = self._backward and any(n.need_backward for n in [node, *folded])
        return [node, *folded] if folded and not learns and not any(map(is_loss, folded)) else []

    def _norm(self, position: int) -> list[Node]:
        """A BatchNorm by the batch's statistics on images, its Scale, and a ReLU if there is one; or nothing."""
        norm = affine_norm(in_place_chain(self._nodes, position), global_stats=False)
        fits = norm and can_be_one(norm) and len(self._net.blobs[norm[0].bottom_ids[0]].shape) == 4
        return norm if fits else []

    def _with_split(self, position: int, nodes: Sequence[Node]) -> list[Node]:
        """`nodes`, which start at `position`, and the Split that follows them, if there is one."""
        end = position + len(nodes)
        for after in self._nodes[end : end + 1]:
            if is_split(after) and after.bottom_ids == nodes[-1].top_ids and can_be_one([nodes[-1], after]):
                return [*nodes, after]
        return list(nodes)


def _find_givers(op: Op, later: Sequence[Op]) -> None:
    """Sets `givers` and `may_overwrite` of an operation, from the operations that come `later`."""
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
