"""Finds the operations of several compiled nets that do the same work, which then need be done only once."""

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

# Layers whose tops depend only on their bottoms and params; BatchNorm is one if it uses its running statistics.
FUNCTIONS = frozenset(
    {
        *("AbsVal", "BatchNorm", "Bias", "BNLL", "Clip", "Concat", "Convolution", "Crop", "Deconvolution", "Eltwise"),
        *("ELU", "Exp", "Flatten", "InnerProduct", "Log", "LRN", "MVN", "Pooling", "Power", "PReLU", "Reduction"),
        *("ReLU", "Reshape", "Scale", "Sigmoid", "Slice", "Softmax", "Split", "Swish", "TanH", "Threshold", "Tile"),
    }
)
# Layers whose tops depend only on their place in their data, all of which `get_state` returns.
SOURCES = frozenset(["Data"])
# Fields that do not change what a layer computes: its wiring, when it is in the net, its first params, and how it would
# learn. Nor does its name, but a solverstate identifies a source by its name.
_ASIDE = ("bottom", "top", "include", "exclude", "param", "propagate_down", "blobs")


@dataclass(eq=False)
class Work:
    """The work of one net's operation, and the `others`, at most one a net, that do the same."""

    net: "Net"
    op: Op
    others: list[tuple["Net", Op]] = field(default_factory=list)

    @property
    def common(self) -> bool:
        return bool(self.others)


class Survey:
    """Goes through nets one by one, and finds the work of each operation that nets could share.

    Two operations do the same work if they replace the same layers with the same settings, wired alike; if their params
    are equal and do not learn; and if their bottoms hold results of the same work, back to data layers at the same
    place of the same data.

    `works` holds the work of each operation; for a Split, the work whose result it passes on.
    """

    def __init__(self) -> None:
        self.works: dict[Op, Work] = {}
        self._known: dict[Hashable, list[Work]] = {}

    def add(self, net: "Net", ops: Sequence[Op]) -> None:
        """Takes in a net's operations, in order."""
        results: dict[int, tuple[Work, int]] = {}  # By blob index: work, number of its result.
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
    """Identifies what an operation computes, and of what; None if nets cannot share it."""
    inside: dict[int, int] = {}  # By blob index: the blobs that the operation's own layers made, numbered in order.
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
    """Identifies what a layer computes, params apart; None if it learns, updates a state of its own, or is a loss."""
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
