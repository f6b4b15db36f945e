"""A compiled net: its operations, in order."""

from collections import Counter
from collections.abc import Callable, Sequence

import torch

from torchcaffe.blob import Blob
from torchcaffe.fast.op import Op, PlainOp
from torchcaffe.fast.replayable import Replayable


class Program(Replayable):
    """Runs a net's operations forward and backward. Blobs and params are the net's own."""

    def __init__(self, ops: Sequence[Op], device: torch.device, dtype: torch.dtype, bf16: bool = False) -> None:
        """`bf16`: some operations make data and diffs of that type."""
        super().__init__(ops)
        self.bf16 = bf16
        self._forward: list[Callable[[], torch.Tensor | None]] = []
        self._backward: list[tuple[Callable[[], None], list[Blob]]] = []
        for op in ops:
            self._forward += [op.widen_data, op.forward] if bf16 and not op.takes_bf16 else [op.forward]
        for op in reversed(ops):
            if op.needs_backward:
                self._backward += [(op.widen_diffs, [])] if bf16 and not op.takes_bf16 else []
                self._backward.append((op.backward, _inner_tops(op)))
        self._no_loss = torch.zeros((), device=device, dtype=dtype)

    def forward(self) -> torch.Tensor:
        """Runs the net forward; gives the weighted sum of its losses (0-d tensor, on the device)."""
        loss = self._no_loss
        with torch.no_grad():
            for run in self._forward:
                part = run()
                if part is not None:
                    loss = loss + part
        return loss

    def backward(self) -> None:
        """Runs backward what needs it, and adds to the params' diffs. Call it once after each `forward`.

        The diffs of intermediate blobs are not kept: they read as zero, and their memory is used again. Only a loss
        keeps its diff, which is its weight.
        """
        with torch.no_grad():
            for run, spent in self._backward:
                run()
                for blob in spent:
                    blob.take_diff()

    def summary(self) -> str:
        """One line of what was fused, `15 BatchNorm+Scale+ReLU, ...`, and how many layers are plain."""
        kinds = Counter(op.kind for op in self.ops if type(op) is not PlainOp)
        plain = sum(type(op) is PlainOp for op in self.ops)
        return ", ".join([*(f"{count} {kind}" for kind, count in kinds.items()), f"{plain} plain"])


def _inner_tops(op: Op) -> list[Blob]:
    """The tops whose diffs are no longer needed once the operation has run backward."""
    weights = op.nodes[-1].layer.loss_weights
    spent = [top for top, weight in zip(op.tops, weights, strict=True) if not weight]
    return [top for top in spent if op.bottoms and not any(top is bottom for bottom in op.bottoms)]
