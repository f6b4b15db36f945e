"""A compiled net: its operations, in order."""

from collections import Counter
from collections.abc import Sequence

import torch

from torchcaffe.fast.op import Op, PlainOp


class Program:
    """Runs a net's operations forward and backward. Blobs and params are the net's own."""

    def __init__(self, ops: Sequence[Op], device: torch.device, dtype: torch.dtype) -> None:
        self.ops = ops
        self._backward = [op for op in reversed(ops) if op.needs_backward]
        self._no_loss = torch.zeros((), device=device, dtype=dtype)

    def forward(self) -> torch.Tensor:
        """Runs the net forward; gives the weighted sum of its losses (0-d tensor, on the device)."""
        loss = self._no_loss
        with torch.no_grad():
            for op in self.ops:
                part = op.forward()
                if part is not None:
                    loss = loss + part
        return loss

    def backward(self) -> None:
        """Runs backward what needs it; params' diffs are added to."""
        with torch.no_grad():
            for op in self._backward:
                op.backward()

    def summary(self) -> str:
        """What was fused, in one line: `15 BatchNormScaleReLU, 6 SumReLU, ...`, and how many layers are plain."""
        kinds = Counter(type(op).__name__ for op in self.ops if type(op) is not PlainOp)
        plain = sum(type(op) is PlainOp for op in self.ops)
        return ", ".join([*(f"{count} {kind}" for kind, count in kinds.items()), f"{plain} plain"])
