"""Which operations of several compiled nets do the same work, so that it need be done once only."""

import json
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

import torch

from torchcaffe.fast.op import Op
from torchcaffe.fast.split import Split
from torchcaffe.layer_types.batch_norm import BatchNormLayer
from torchcaffe.layer_types.layer import Layer
from torchcaffe.proto import caffe_pb2

if TYPE_CHECKING:
    from torchcaffe.net import Net

# Layers whose tops follow from their bottoms and params alone; BatchNorm is one where it uses its statistics.
FUNCTIONS = frozenset(
    {
        *("AbsVal", "BatchNorm", "Bias", "BNLL", "Clip", "Concat", "Convolution", "Crop", "Deconvolution", "Eltwise"),
        *("ELU", "Exp", "Flatten", "InnerProduct", "Log", "LRN", "MVN", "Pooling", "Power", "PReLU", "Reduction"),
        *("ReLU", "Reshape", "Scale", "Sigmoid", "Slice", "Softmax", "Split", "Swish", "TanH", "Threshold", "Tile"),
    }
)
# Layers whose tops follow from where they stand in their data, which `get_state` tells whole.
SOURCES = frozenset(["Data"])
# What is no part of a layer's function: where it is wired to, when it is there, what its params began with, and how it
# would learn. Its name is no part of it either, but a solverstate knows a source by that.
_ASIDE = ("bottom", "top", "include", "exclude", "param", "propagate_down", "blobs")


@dataclass(eq=False)
class Work:
    """What an operation of one net does, and those of other nets that do the same; at most one of each net."""

    net: "Net"
    op: Op
    others: list[tuple["Net", Op]] = field(default_factory=list)

    @property
    def common(self) -> bool:
        return bool(self.others)


class Survey:
    """Goes through nets one by one, and finds the work of each operation that could be another net's too.

    Two operations do the same work if they stand for the same layers with the same settings, wired alike; if their
    params are equal and do not learn; and if their bottoms hold results of the same work, which goes back to data
    layers that stand at the same place of the same data.

    `works` holds the work of an operation, and of a Split the work whose result it passes on.
    """

    def __init__(self) -> None:
        self.works: dict[Op, Work] = {}
        self._known: dict[Hashable, list[Work]] = {}

    def add(self, net: "Net", ops: Sequence[Op]) -> None:
        """Takes in a net's operations, in order."""
        results: dict[int, tuple[Work, int]] = {}  # What blobs hold, by their number: of which work, which result.
        for op in ops:
            tops = [i for node in op.nodes for i in node.top_ids]
            passed_on = results.get(op.nodes[0].bottom_ids[0]) if _only_passes_on(op) else None
            work = passed_on[0] if passed_on else self._work(net, op, results)
            if work is not None:
                self.works[op] = work
            for k, i in enumerate(tops):
                results.pop(i, None)
                if work is not None:
                    results[i] = passed_on or (work, k)

    def _work(self, net: "Net", op: Op, results: dict[int, tuple[Work, int]]) -> Work | None:
        key = None if op.needs_backward else _key(op, results)
        if key is None:
            return None
        known = self._known.setdefault((key, net.place.device, net.place.dtype), [])
        for work in known:
            if all(other is not net for other, _ in [(work.net, work.op), *work.others]) and _equal(work.op, op):
                work.others.append((net, op))
                return work
        known.append(Work(net, op))
        return known[-1]


def _only_passes_on(op: Op) -> bool:
    return isinstance(op, Split) and not op.needs_backward


def _key(op: Op, results: dict[int, tuple[Work, int]]) -> Hashable | None:
    """What an operation does to what; None if that cannot be another net's work too."""
    inside: dict[int, int] = {}  # Blobs that one of its own layers has made, by their number, and their turn.
    parts: list[Hashable] = []
    turn = count()
    for node in op.nodes:
        layer = _layer_key(node.layer)
        bottoms = tuple(inside.get(i, results.get(i)) for i in node.bottom_ids)
        if layer is None or None in bottoms:
            return None
        parts.append((layer, bottoms, len(node.top_ids)))
        inside.update((i, next(turn)) for i in node.top_ids)
    return type(op), tuple(parts)


def _layer_key(layer: Layer) -> Hashable | None:
    """What a layer computes, its params apart; None if it learns, keeps something, or is part of the loss."""
    kind = layer.param.type
    if kind not in FUNCTIONS | SOURCES or any(layer.param_propagate_down) or any(layer.loss_weights):
        return None
    if isinstance(layer, BatchNormLayer) and not layer.use_global_stats:
        return None
    param = caffe_pb2.LayerParameter()
    param.CopyFrom(layer.param)
    for name in _ASIDE if kind in SOURCES else (*_ASIDE, "name"):
        param.ClearField(name)
    return param.SerializeToString(deterministic=True), json.dumps(layer.get_state())


def _equal(one: Op, other: Op) -> bool:
    """Whether the params of two operations' layers are equal, one by one."""
    mine, theirs = ([blob.data for node in op.nodes for blob in node.layer.blobs] for op in (one, other))
    return all(torch.equal(a, b) for a, b in zip(mine, theirs, strict=True))
