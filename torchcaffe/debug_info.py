"""The lines that `debug_info: true` adds to the log: mean absolute values of every blob and diff."""

from typing import TYPE_CHECKING

import torch

from torchcaffe.blob import Blob
from torchcaffe.glog import logger, number

if TYPE_CHECKING:
    from torchcaffe.net import Net


class DebugInfo:
    """Logs, while `on`, what goes through a net forward and backward.

    Source: Caffe 1.0, `Net::ForwardDebugInfo`, `Net::BackwardDebugInfo`, `Net::Backward`.
    """

    def __init__(self, net: "Net") -> None:
        self.on = True
        self._net = net
        net.after_forward.append(self._forward)
        net.after_backward.append(self._backward)

    def remove(self) -> None:
        """Stops watching the net, so that a compiled program may run it."""
        self._net.after_forward.remove(self._forward)
        self._net.after_backward.remove(self._backward)

    def log_norms(self) -> None:
        """Logs the L1 and L2 norms of all learnable params together, data and diff; an ERROR line, as in Caffe."""
        if not self.on:
            return
        blobs = [param.blob for param in self._net.params.learnable]
        l1_norm = [_total(blobs, diff, 1) for diff in (False, True)]
        l2_norm = [_total(blobs, diff, 2) for diff in (False, True)]
        logger.error(
            "    [Backward] All net params (data, diff): L1 norm = (%s, %s); L2 norm = (%s, %s)",
            *map(number, l1_norm + l2_norm),
        )

    def _forward(self, index: int) -> None:
        if not self.on:
            return
        node = self._net.nodes[index]
        for i in node.top_ids:
            self._line("Forward", index, "top", self._net.blob_names[i], "data", self._net.blobs[i].data)
        specs = node.layer.param.param
        for j, blob in enumerate(node.layer.blobs):
            name = (specs[j].name if j < len(specs) else "") or str(j)
            self._line("Forward", index, "param", name, "data", blob.data)

    def _backward(self, index: int) -> None:
        node = self._net.nodes[index]
        if not self.on or not node.need_backward:
            return
        for i, needed in zip(node.bottom_ids, node.bottom_need_backward, strict=True):
            if needed:
                self._line("Backward", index, "bottom", self._net.blob_names[i], "diff", self._net.blobs[i].diff)
        for j, blob in enumerate(node.layer.blobs):
            if node.layer.param_propagate_down[j]:
                self._line("Backward", index, "param", str(j), "diff", blob.diff)

    def _line(self, way: str, index: int, kind: str, name: str, half: str, values: torch.Tensor) -> None:
        logger.info(
            "    [%s] Layer %s, %s blob %s %s: %s",
            way,
            self._net.nodes[index].layer.name,
            kind,
            name,
            half,
            number(float(values.abs().sum() / max(values.numel(), 1))),
        )


def _total(blobs: list[Blob], diff: bool, order: int) -> float:
    parts = [torch.linalg.vector_norm(blob.diff if diff else blob.data, order) for blob in blobs]
    return float(torch.linalg.vector_norm(torch.stack(parts), order)) if parts else 0.0
